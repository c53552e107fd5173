import { askedRun, runItem } from "../contract/run-json.ts";
import { withoutNulls } from "../contract/time.ts";
import type { Database } from "../store/database.ts";
import { FIRST_RUN, type ListedRun, type RunFilter, type RunPosition, readRuns } from "../store/runs.ts";

/** A run may take 3 MB in memory, so few of them are there at a time. */
const PAGE_RUNS = 8;

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
  let next = first.next;
  let separator = "";
  const text = (runs: ListedRun[]): string => {
    let json = "";
    for (const run of runs) {
      json += separator + JSON.stringify(withoutNulls(runItem(askedRun(run, run.requirements))));
      separator = ",";
    }
    return json;
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`[${text(first.runs)}`));
      },
      async pull(controller) {
        if (next === null) {
          controller.enqueue(encoder.encode("]"));
          controller.close();
          return;
        }
        const page = await readSome(db, sessionId, filter, next);
        next = page.next;
        controller.enqueue(encoder.encode(text(page.runs)));
      },
    },
    // Nothing is read ahead of the caller.
    { highWaterMark: 0 },
  );
  const headers = { "Content-Type": "application/json" };
  return { response: new Response(stream, { headers }), isEmpty: first.runs.length === 0 };
}

/** A page with at least one run, unless there is none left: filters can leave a page empty before the last. */
async function readSome(
  db: Database,
  sessionId: string,
  filter: RunFilter,
  from: RunPosition,
): Promise<{ runs: ListedRun[]; next: RunPosition | null }> {
  const page = await readRuns(db, sessionId, filter, from, PAGE_RUNS);
  return page.runs.length === 0 && page.next !== null ? readRuns(db, sessionId, filter, page.next, PAGE_RUNS) : page;
}
