import { firstCodePoints, utf8Bytes } from "../lib/text.ts";
import { maskSecrets } from "../privacy/secrets.ts";

/** What one request to the summarizing model shows of a conversation at most. */
export const PIECE_MESSAGES = 100;
export const PIECE_BYTES = 32 * 1024;
const SHOWN_CHARS = 2_000;
/** What is read of a message: more than is shown, so that a secret across the cut is masked as a whole. */
export const READ_SUMMARY_CHARS = 3_000;

export interface SummaryLine {
  role: "user" | "assistant";
  content: string;
}

/** A message as the walk over a session comes by it, in order of its key. `line` is null where it is nothing to summarize. */
export interface WalkedMessage {
  runIndex: number;
  messageIndex: number;
  line: SummaryLine | null;
}

export interface SummaryPiece {
  lines: SummaryLine[];
  /** How many of the walked messages it stands for. */
  taken: number;
}

/**
 * The beginning of what was walked, as much as one request shows, masked and cut. It ends with a run where it can, so
 * that what a summary covers is whole runs; `isEnd` says that nothing follows.
 */
export function summaryPiece(walked: readonly WalkedMessage[], isEnd: boolean): SummaryPiece {
  const lines: { nth: number; line: SummaryLine }[] = [];
  let bytes = 0;
  let end = 0;
  for (const { line } of walked) {
    if (line !== null) {
      const shown = { role: line.role, content: firstCodePoints(maskSecrets(line.content), SHOWN_CHARS) };
      bytes += utf8Bytes(shown.content);
      if (lines.length > 0 && (lines.length === PIECE_MESSAGES || bytes > PIECE_BYTES)) {
        break;
      }
      lines.push({ nth: end, line: shown });
    }
    end += 1;
  }
  const isWhole = end === walked.length && isEnd;
  const taken = isWhole ? end : wholeRuns(walked, end);
  return { lines: lines.filter(({ nth }) => nth < taken).map(({ line }) => line), taken };
}

/** Where the last run begins that may go on behind `end`; `end` itself where that would leave nothing. */
function wholeRuns(walked: readonly WalkedMessage[], end: number): number {
  const next = walked[end];
  const last = walked[end - 1];
  if (last === undefined || (next !== undefined && next.runIndex !== last.runIndex)) {
    return end;
  }
  const begin = walked.findIndex(({ runIndex }) => runIndex === last.runIndex);
  const hasLine = walked.slice(0, begin).some(({ line }) => line !== null);
  return hasLine ? begin : end;
}
