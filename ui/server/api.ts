import { signal } from "@preact/signals";
import { ApiError, ConnectionError, EdgeSessions, type Me } from "../../packages/client/src/index.ts";
import { access, grant, hasCredential, type Server, server, shownCredential } from "../access/access.ts";
import { hearTime } from "./clock.ts";

/** Whether the server has answered the last request, whatever it said. */
export const isReached = signal(true);

/** The server that this page is of. */
export const api = new EdgeSessions({
  baseUrl: location.origin,
  token: shownCredential,
  fetch: async (url, init) => {
    try {
      const response = await fetch(url, init);
      isReached.value = true;
      hearTime(response.headers.get("Date"));
      return response;
    } catch (error) {
      if (init.signal?.aborted !== true) isReached.value = false;
      throw error;
    }
  },
});

/** Asks what the server is, and who the caller is. Where the server refuses it, `Connect` is shown. */
export async function askAccess(): Promise<void> {
  const isKnown = askServer();
  try {
    // Without a credential there is nobody to ask for, unless the server lets everybody in.
    if (!hasCredential.peek()) await isKnown;
    const { data } = await api.request<Me>("GET", "/me");
    grant(data);
    await isKnown;
  } catch (error) {
    isKnown.catch(() => {});
    if (!refused(error)) throw error;
  }
}

async function askServer(): Promise<void> {
  server.value ??= (await api.request<Server>("GET", "/info")).data;
}

/**
 * Whether the server wants another credential: then `Connect` is shown. Whoever asks the server anything hands its failures
 * here first.
 */
export function refused(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 401) return false;
  access.value = { state: "refused", why: shownCredential() === "" ? null : error.detail };
  return true;
}

/** Whether nothing came back at all: what was asked may be asked again. */
export const isAway = (error: unknown): boolean => error instanceof ConnectionError;
