import { firstCodePoints, utf8Bytes } from "../lib/text.ts";
import { maskSecrets } from "../privacy/secrets.ts";

/** What one request to the summarizing model shows of a conversation at most. */
export const PIECE_MESSAGES = 100;
export const PIECE_BYTES = 32 * 1024;
const SHOWN_CHARS = 2_000;
/** How much of a message is read. It is more than is shown, so that a secret that the cut divides is masked as a whole. */
export const READ_SUMMARY_CHARS = 3_000;

export interface SummaryLine {
  role: "user" | "assistant";
  content: string;
}

/** A message of a walk over a session, in order of its key. `line` is null if the message has nothing to summarize. */
export interface WalkedMessage {
  runIndex: number;
  messageIndex: number;
  line: SummaryLine | null;
}

export interface SummaryPiece {
  lines: SummaryLine[];
  /** How many of the walked messages the piece covers. */
  taken: number;
}

/**
 * The first of the walked messages, as many as one request shows, masked and cut. A piece ends with a whole run if it can,
 * because a summary keeps the index of the last run that it covers. `isEnd` says that no messages follow.
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

/**
 * Cuts the piece before its last run, if that run may go on behind `end`. If nothing to summarize would be left, the piece
 * ends at `end`, inside of the run.
 */
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
