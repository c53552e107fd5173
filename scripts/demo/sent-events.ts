/** What the server-sent events of a stream say, each as it comes; comments and what has no data are passed over. */
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
