import { AppError, payloadTooLarge } from "../domain/error.ts";
import { joinBytes } from "../lib/join-bytes.ts";
import { utf8Bytes } from "../lib/text.ts";
import type { Middleware } from "./context.ts";

/**
 * Reads the body of a request, and counts the bytes that arrive: a `Content-Length` may be missing or wrong. A POST to
 * `streamedPath` is left to its handler, which reads it as a stream.
 */
export function limitBody(limitBytes: number, streamedPath?: string): Middleware {
  return async function limitBody(c, next) {
    const { body, headers, method } = c.req.raw;
    const isStreamed = method === "POST" && c.req.path.replace(/\/$/, "") === streamedPath;
    if (body !== null && !isStreamed) {
      const tooLarge = new AppError(payloadTooLarge("The request body", limitBytes));
      if (Number(headers.get("Content-Length")) > limitBytes) throw tooLarge;
      const bytes = await readUpTo(body, limitBytes);
      if (bytes === null) throw tooLarge;
      // A GET may have a body, but a new Request of a GET may not. So the body is put into Hono's cache, where Hono looks first.
      if (method === "GET" || method === "HEAD") {
        Object.assign(c.req.bodyCache, { arrayBuffer: new Response(bytes).arrayBuffer() });
      } else c.req.raw = new Request(c.req.raw, { body: bytes });
    }
    await next();
  };
}

/** Throws the 413 for a field of a request that is larger than what is stored of it may be. */
export function limitBytes(field: string, text: string, maxBytes: number): void {
  if (utf8Bytes(text) > maxBytes) throw new AppError(payloadTooLarge(field, maxBytes));
}

/** The body; null if it is longer than `limitBytes`, and then the rest is not read. */
async function readUpTo(body: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limitBytes) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  return joinBytes(chunks, size);
}
