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

/** The same, over connections that break after so many bytes of a stream. */
export function cutting(bytes: number): Fetch {
  return async (url, init) => {
    const response = await reachServer(url, init);
    if (response.headers.get("Content-Type")?.startsWith("text/event-stream") !== true) return response;
    let left = bytes;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        controller.enqueue(piece.subarray(0, left));
        left -= piece.length;
        if (left <= 0) controller.error(new TypeError("terminated"));
      },
    });
    return new Response(response.body?.pipeThrough(cut), response);
  };
}
