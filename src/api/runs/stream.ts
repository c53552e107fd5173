import type { View } from "../../domain/view.ts";
import { jsonPieces } from "../../lib/json-pieces.ts";
import type { Database } from "../../store/database.ts";
import type { RunFilter } from "../../store/runs/run-filter.ts";
import { type ListedRun, type RunPage, type RunPosition, readRuns } from "../../store/runs/runs.ts";
import type { SeenSession } from "../../store/visibility.ts";
import { streamedJson } from "../shared/streamed-json.ts";
import { type AskedRun, askedRun, runItem } from "./json.ts";

/** A page is in memory several times: as D1's answer, as rows and as JSON. A run that is larger is a page by itself. */
const PAGE = { maxRuns: 100, maxBytes: 256 * 1024 };

/** Who reads a list of runs. */
export interface RunsReader {
  view: View;
  /** Is asked before pages behind the first one are told, one unless it says how many; throws where the caller has read too much. */
  readsOn(pages?: number): Promise<void>;
}

/** To whom a list of runs is shown, and which part of it. */
interface ShownList extends RunsReader {
  /** Behind this. */
  from: RunPosition;
  /** At most so many. */
  limit?: number | undefined;
}

/**
 * A session's runs as one JSON array, read page by page while the caller takes it, so that a session of any length can be
 * read. The first page is read before this returns, so that a failure can still be answered as one. A later failure breaks the
 * answer off, and the array has no end.
 */
export async function streamRuns(
  db: Database,
  session: SeenSession,
  filter: RunFilter,
  { view, readsOn, from, limit = Number.POSITIVE_INFINITY }: ShownList,
): Promise<{ response: Response; isEmpty: boolean }> {
  // Nothing is read of runs that are not shown: their event logs are long.
  const read = (after: RunPosition, left: number) =>
    readSome(db, session, filter, { ...PAGE, maxRuns: Math.min(PAGE.maxRuns, left), after });
  const first = await read(from, limit);
  async function* pieces() {
    let separator = "[";
    let left = limit;
    for (let page = first; ; page = await read(page.next, left)) {
      if (page !== first && page.runs.length > 0) await readsOn();
      for (const run of page.runs) {
        yield separator;
        yield* jsonPieces(runItem(askedRun(run, run.requirements), view), { withNulls: false });
        separator = ",";
      }
      left -= page.runs.length;
      if (page.next === null || left <= 0) break;
    }
    yield separator === "[" ? "[]" : "]";
  }
  return { response: streamedJson(pieces()), isEmpty: first.runs.length === 0 };
}

/** One run, with nulls. */
export function streamRun(run: AskedRun, view: View): Response {
  async function* pieces() {
    yield* jsonPieces(runItem(run, view), { withNulls: true });
  }
  return streamedJson(pieces());
}

/** The next page that has a run, or the last one: a filter can leave a page empty that is not the last. */
async function readSome(
  db: Database,
  session: SeenSession,
  filter: RunFilter,
  bounds: RunPage,
): Promise<{ runs: ListedRun[]; next: RunPosition | null }> {
  const page = await readRuns(db, session, filter, bounds);
  return page.runs.length === 0 && page.next !== null
    ? readRuns(db, session, filter, { ...bounds, after: page.next })
    : page;
}
