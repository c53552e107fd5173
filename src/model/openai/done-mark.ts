/** Whether a stream ended with `[DONE]`. The SDK does not tell: for the SDK such a stream ends like one that was cut off. */

const marked = new WeakSet<Response>();
const DONE = /(?:^|[\r\n])data: ?\[DONE\]/;
const KEPT_CHARS = 16;

export const hasSeenDone = (response: Response): boolean => marked.has(response);

/** The same answer, whose body is looked through as it is read. */
export function watchDone(response: Response): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder("latin1");
  let tail = "\n";
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      const text = tail + decoder.decode(bytes, { stream: true });
      if (DONE.test(text)) marked.add(watched);
      tail = text.slice(-KEPT_CHARS);
      controller.enqueue(bytes);
    },
  });
  const watched: Response = new Response(response.body.pipeThrough(watch), response);
  return watched;
}
