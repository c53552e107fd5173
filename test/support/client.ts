/** The client package, against the server under test. */
import { EdgeSessions } from "../../packages/client/src/index.ts";
import { send } from "./http.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export const BASE_URL = "http://localhost:8787";

/** Reaches the server under test, as `fetch` would. */
export const reachServer: Fetch = (url, { method = "GET", body, headers }) =>
  send(method, url.slice(BASE_URL.length), body ?? undefined, headers as Record<string, string>);

export const clientOf = (options: { userId?: string; fetch?: Fetch } = {}): EdgeSessions =>
  new EdgeSessions({ baseUrl: BASE_URL, fetch: reachServer, ...options });
