import { timedCall } from "./client.ts";
import { cursorBehind } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";

const PAGE = 20;
const DEEP_PAGE = 1_000;
const LISTED = PAGE * (DEEP_PAGE + 5);

/** Times reads of one session, beside a Worker that answers at once and a Worker that reads one row. */
export async function measureReads({ url, db }: Platform, effort: Effort): Promise<Section> {
  const [short] = await seedSessions(db, "read-short", 1, 10);
  const [long] = await seedSessions(db, "read-long", 1, 10_000);
  const samples = await interleave(
    getters({
      hello: `${url}/floor/hello`,
      row: `${url}/floor/row?id=${short}`,
      health: `${url}/health`,
      name: `${url}/sessions/${short}/name`,
      detail: `${url}/sessions/${short}`,
      "long detail": `${url}/sessions/${long}`,
      "long page": `${url}/sessions/${long}/messages?limit=20`,
    }),
    { rounds: effort.reads, warmUp: 20 },
  );
  return section("Reads of one session", ["answer"], samples, [
    { name: "floor: a Worker that says hello", samples: ["hello"] },
    { name: "floor: a Worker that reads one row of D1", samples: ["row"] },
    { name: "`GET /health`", samples: ["health"] },
    { name: "`GET /sessions/{id}/name`", samples: ["name"] },
    { name: "`GET /sessions/{id}`, 10 messages", samples: ["detail"] },
    { name: "`GET /sessions/{id}`, 10,000 messages (its newest 200)", samples: ["long detail"] },
    { name: "`GET /sessions/{id}/messages?limit=20`, 10,000 messages", samples: ["long page"] },
  ]);
}

/** Times the list of the newest sessions, at its beginning and deep in it. */
export async function measureLists({ url, db }: Platform, effort: Effort): Promise<Section> {
  await seedSessions(db, "listed", LISTED, 0);
  const list = `${url}/sessions?limit=${PAGE}`;
  const deep = `${list}&cursor=${await cursorBehind(url, PAGE * (DEEP_PAGE - 1))}`;
  const samples = await interleave(
    getters({
      second: `${list}&cursor=${await cursorBehind(url, PAGE)}`,
      deep,
      first: list,
      offset: `${list}&page=${DEEP_PAGE}`,
    }),
    { rounds: effort.reads, warmUp: 20 },
  );
  return section(`The newest ${PAGE} of ${LISTED.toLocaleString("en")} sessions and more`, ["answer"], samples, [
    { name: "by cursor, page 2", samples: ["second"] },
    { name: `by cursor, page ${DEEP_PAGE.toLocaleString("en")}`, samples: ["deep"], aim: "flat" },
    { name: "page 1, which counts up to 10,000", samples: ["first"] },
    { name: `by offset, page ${DEEP_PAGE.toLocaleString("en")}`, samples: ["offset"] },
  ]);
}

function getters(urls: Record<string, string>) {
  return Object.entries(urls).map(([name, url]) => async () => ({ [name]: await timedCall(url) }));
}
