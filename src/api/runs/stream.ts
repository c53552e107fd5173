import { type AskedRun, askedRun, runItem } from "./json.ts";
import { jsonPieces } from "../../lib/json-pieces.ts";
import type { Database } from "../../store/database.ts";
import { FIRST_RUN, type ListedRun, type RunFilter, type RunPosition, readRuns } from "../../store/runs/runs.ts";

/** A page is in memory several times, as D1's answer, as rows, as JSON; a run that is larger is one by itself. */
const PAGE = { maxRuns: 100, maxBytes: 256 * 1024 };
/** What a caller is given at a time, but for a message or an event that is longer. */
const CHUNK_CHARS = 64 * 1024;

const encoder = new TextEncoder();

/**
 * A session's runs as one JSON array, read page by page as the caller takes it, whatever the length of the session. The
 * first page is read before this returns, so that a failure is still an answer of its own.
 */
export async function streamRuns(
  db: Database,
  sessionId: string,
  filter: RunFilter,
): Promise<{ response: Response; isEmpty: boolean }> {
  const first = await readSome(db, sessionId, filter, FIRST_RUN);
  async function* pieces() {
    let separator = "[";
    for (let page = first; ; page = await readSome(db, sessionId, filter, page.next)) {
      for (const run of page.runs) {
        yield separator;
        yield* jsonPieces(runItem(askedRun(run, run.requirements)), { withNulls: false });
        separator = ",";
      }
      if (page.next === null) break;
    }
    yield separator === "[" ? "[]" : "]";
  }
  return { response: streamed(pieces()), isEmpty: first.runs.length === 0 };
}

/** One run, with nulls. */
export function streamRun(run: AskedRun): Response {
  async function* pieces() {
    yield* jsonPieces(runItem(run), { withNulls: true });
  }
  return streamed(pieces());
}

/** Nothing is read or made ahead of the caller. */
function streamed(pieces: AsyncGenerator<string>): Response {
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

/** A page with at least one run, unless there is none left: filters can leave a page empty before the last. */
async function readSome(
  db: Database,
  sessionId: string,
  filter: RunFilter,
  from: RunPosition,
): Promise<{ runs: ListedRun[]; next: RunPosition | null }> {
  const page = await readRuns(db, sessionId, filter, { ...PAGE, after: from });
  return page.runs.length === 0 && page.next !== null
    ? readRuns(db, sessionId, filter, { ...PAGE, after: page.next })
    : page;
}
