import { AppError, type Failure, payloadTooLarge } from "../domain/error.ts";
import { MAX_BODY_BYTES, MAX_CLIENT_HISTORY_BYTES } from "../domain/limits.ts";
import { valuesIn } from "../lib/json-spans.ts";
import { type History, newestItems } from "../lib/newest-items.ts";
import { utf8Bytes } from "../lib/text.ts";
import type { AppContext, Middleware } from "./context.ts";
import { BodyReader } from "./read-body.ts";

const bodies = new BodyReader();

/**
 * Reads the body of a request, as a step of its route: of a request that has no route, or may not call it, nothing is read. The
 * bytes that arrive are counted: a `Content-Length` may be missing or wrong.
 */
export function limitBody(limitBytes: number): Middleware {
  const tooLarge = payloadTooLarge("The request body", limitBytes);
  return async function limitBody(c, next) {
    const bytes = await bodyUpTo(c, limitBytes, tooLarge);
    if (bytes !== null) putBody(c, bytes);
    await next();
  };
}

/** Values in memory take many times their text. What is longer than other bodies is text: the messages of stock clients have few values. */
const MAX_VALUES = 50_000;
const TOO_MANY_VALUES: Failure = {
  code: "payload_too_large",
  detail: `The request body, without its earlier messages, is larger than ${MAX_BODY_BYTES} bytes and has more than ${MAX_VALUES} JSON values.`,
};

/** The same for a body that brings a client's whole history. The rest of the request never sees what is left out of it. */
export function limitHistory(history: History, tooLarge: Failure): Middleware {
  return async function limitHistory(c, next) {
    const bytes = await bodyUpTo(c, MAX_CLIENT_HISTORY_BYTES, tooLarge);
    const kept = bytes && newestItems(bytes, history);
    if (kept !== null && kept.length > MAX_BODY_BYTES && valuesIn(kept) > MAX_VALUES) {
      throw new AppError(TOO_MANY_VALUES);
    }
    if (kept !== null) putBody(c, kept);
    await next();
  };
}

/** The body; null if there is none. */
async function bodyUpTo({ req }: AppContext, limitBytes: number, tooLarge: Failure): Promise<Uint8Array | null> {
  const { body, headers } = req.raw;
  if (body === null) return null;
  if (Number(headers.get("Content-Length")) > limitBytes) throw new AppError(tooLarge);
  return bodies.read(body, limitBytes, tooLarge);
}

/** Has the body read as these bytes: they are put into Hono's cache, where Hono looks first. */
function putBody({ req }: AppContext, bytes: Uint8Array): void {
  Object.assign(req.bodyCache, { arrayBuffer: Promise.resolve(new Uint8Array(bytes).buffer) });
}

/** Throws the 413 for a field of a request that is larger than what is stored of it may be. */
export function limitBytes(field: string, text: string, maxBytes: number): void {
  if (utf8Bytes(text) > maxBytes) throw new AppError(payloadTooLarge(field, maxBytes));
}
