/** Yields the data of a stream's server-sent events as they come. Comments, and events without data, are left out. */
export async function* sentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}
