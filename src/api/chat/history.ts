import { runFromRow, runTree } from "../../engine/run/stored-run.ts";
import type { Database } from "../../store/database.ts";
import { readTrees, type TreeFilter, type TreePlace } from "../../store/runs/newest-trees.ts";
import type { StoredTree } from "../../store/runs/stored-tree.ts";
import { runMessages } from "../../wire/ui/messages.ts";
import type { RunsReader } from "../runs/stream.ts";
import { streamedJson } from "../shared/streamed-json.ts";

/** A page of a chat's history, before its runs are read. */
export interface ChatPage {
  /** What stands before the messages. */
  head: object;
  /** Oldest first. */
  places: readonly TreePlace[];
  /** Runs that have not started, behind all others. */
  waiting: readonly StoredTree["row"][];
}

/** How much of the runs is read at a time. A run that is larger is read by itself. */
const READ_BYTES = 256 * 1024;

/**
 * The page as JSON. Runs are read while the caller takes their messages. The first ones are read before this returns, so that a
 * failure can still be answered as one. So is the reader asked for all others at once, who may have read too much: a page that
 * breaks off is no JSON.
 */
export async function streamChat(
  db: Database,
  filter: TreeFilter,
  page: ChatPage,
  { view, readsOn }: RunsReader,
): Promise<Response> {
  const [now, ...later] = groups(page.places);
  await readsOn(later.length);
  const first = now === undefined ? [] : await readTrees(db, filter, now);
  async function* trees() {
    yield* first;
    for (const some of later) yield* await readTrees(db, filter, some);
  }
  async function* pieces() {
    yield `${JSON.stringify(page.head).slice(0, -1)},"messages":[`;
    let separator = "";
    for await (const tree of trees()) {
      for (const message of runMessages(runTree(tree, tree.members, tree.requirements), tree.row, view)) {
        yield separator + JSON.stringify(message);
        separator = ",";
      }
    }
    for (const row of page.waiting) {
      for (const message of runMessages(runFromRow(row, [], []), row, view)) {
        yield separator + JSON.stringify(message);
        separator = ",";
      }
    }
    yield "]}";
  }
  return streamedJson(pieces());
}

/** The places in their order, as they are read together. */
function groups(places: readonly TreePlace[]): TreePlace[][] {
  const all: TreePlace[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const place of places) {
    bytes += place.bytes;
    if (bytes > READ_BYTES) {
      all.push([]);
      bytes = place.bytes;
    }
    all.at(-1)?.push(place);
  }
  return all;
}
