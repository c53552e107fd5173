/** How much a caller gets at a time; more only if one piece is longer. */
const CHUNK_CHARS = 64 * 1024;

const encoder = new TextEncoder();

/** JSON as an answer that is made as the caller reads it, piece by piece. */
export function streamedJson(pieces: AsyncGenerator<string>): Response {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let chunk = "";
        while (chunk.length < CHUNK_CHARS) {
          const { done, value } = await pieces.next();
          if (done === true) {
            controller.enqueue(encoder.encode(chunk));
            controller.close();
            return;
          }
          chunk += value;
        }
        controller.enqueue(encoder.encode(chunk));
      },
      cancel: async () => void (await pieces.return(undefined)),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: { "Content-Type": "application/json" } });
}
