import { performance } from "node:perf_hooks";
import { interleave, type Sample } from "../rounds.ts";
import { type Contender, never } from "./contender.ts";
import type { PeerEffort } from "./effort.ts";
import { userOf } from "./peer.ts";
import { rowOf, type Table } from "./table.ts";

const USERS = 100;
const PAGE = 20;
const LENGTHS = [10, 1_000, 5_000];

/** The newest sessions, of a user and of all. */
export async function measureLists(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const able = contenders.filter(({ running }) => running.listOfAll !== undefined);
  for (const { running } of able) await running.seed?.("listed", effort.listed, 2, USERS);
  const takers = able.map(({ name, running }) => async () => ({
    ...(await readOf(`${name} user`, () => running.listOfUser?.(userOf(7, USERS)))),
    ...(await readOf(`${name} all`, () => running.listOfAll?.())),
  }));
  const samples = await interleave(takers, { rounds: effort.reads, warmUp: 5 });
  const peers = able.map(({ name }) => name);
  return {
    title: `The newest ${PAGE} of ${effort.listed.toLocaleString("en")} sessions and more`,
    note: `Sessions of one run each, of ${USERS} users.`,
    peers,
    rows: [
      rowOf(samples, peers, { name: "of a user, ms", what: "user", better: "less" }),
      rowOf(samples, peers, { name: "of all, ms", what: "all", better: "less" }),
    ],
  };
}

/** A page of the newest messages of a session, by its length. */
export async function measureMessages(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const able = contenders.filter(({ running }) => running.newestMessages !== undefined);
  const takers: (() => Promise<Sample>)[] = [];
  for (const { name, running } of able) {
    for (const length of LENGTHS) {
      const [id = never("A session")] = (await running.seed?.(`read${length}`, 1, length)) ?? [];
      takers.push(() => readOf(`${name} ${length}`, () => running.newestMessages?.(id), Math.min(length, PAGE)));
    }
  }
  const samples = await interleave(takers, { rounds: Math.ceil(effort.reads / 4), warmUp: 2 });
  const peers = able.map(({ name }) => name);
  return {
    title: `${PAGE} messages of a session, by its length`,
    note: "AgentOS has no page of messages: it answers with all runs of the session.",
    peers,
    rows: LENGTHS.map((length) => {
      const name = `of ${length.toLocaleString("en")} messages, ms`;
      return rowOf(samples, peers, { name, what: String(length), better: "less" });
    }),
  };
}

/** Times a read, which must answer with a page at least. */
async function readOf(name: string, read: () => Promise<number> | undefined, least = PAGE): Promise<Sample> {
  const startedAt = performance.now();
  const items = (await read()) ?? 0;
  const ms = performance.now() - startedAt;
  if (items < least) throw new Error(`"${name}" answered ${items} items.`);
  return { [name]: ms };
}
