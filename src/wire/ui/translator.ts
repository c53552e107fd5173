import { sseData } from "../../lib/sse.ts";
import type { Translator } from "../translator.ts";
import type { UiChunk } from "./chunk.ts";
import { RunChunks, type UiRun } from "./run-chunks.ts";

const DONE = "data: [DONE]\n\n";

/** AI SDK UI's message stream. */
export function uiTranslator(run: UiRun): Translator {
  const chunks = new RunChunks(run);
  return {
    open: () => written(chunks.open()),
    pass: (event, by) => {
      chunks.of(event, by.source, true);
    },
    tell: (event, by) => written(chunks.of(event, by.source)),
    close: () => written(chunks.close()) + DONE,
  };
}

function written(chunks: readonly UiChunk[]): string {
  let text = "";
  for (const chunk of chunks) text += sseData(chunk);
  return text;
}
