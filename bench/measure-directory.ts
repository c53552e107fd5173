import { timedCall } from "./client.ts";
import { cursorBehind } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave, median, valuesOf } from "./rounds.ts";
import type { Section } from "./section.ts";
import { MESSAGES_PER_SESSION, SESSIONS_PER_USER, seedDirectory, userOf } from "./seed-directory.ts";

const PAGE = 20;
const DEEP_PAGE = 2_500;
const FEW_USERS = 10;
const USER = userOf(3);

/**
 * Times what one user asks of the directory, with few other users and with many. The times should be the same. Sessions are
 * seeded in two steps, so the user's own sessions are there in both.
 */
export async function measureDirectory(platform: Platform, effort: Effort): Promise<Section> {
  const few = FEW_USERS * SESSIONS_PER_USER;
  const users = effort.directoryUsers;
  const all = users * SESSIONS_PER_USER;
  await seedDirectory(platform.db, [0, FEW_USERS], 0, few);
  const before = await timesOf(platform, effort, 2);
  await seedDirectory(platform.db, [FEW_USERS, users], few, all);
  const after = await timesOf(platform, effort, Math.min(DEEP_PAGE, Math.floor(all / PAGE / 2)));
  const rows = Object.keys(before).map((name) => {
    const [few = Number.NaN, many = Number.NaN] = [before[name], after[name]];
    const [rowFew = Number.NaN, rowMany = Number.NaN] = [before[ROW], after[ROW]];
    return {
      name,
      ms: [few, many, many - rowMany],
      ratios: name === ROW ? [] : [few / rowFew, many / rowMany, Number.NaN],
      aim: name === ROW ? "" : "< 5 ms above a row",
    };
  });
  const counted = (count: number) => count.toLocaleString("en");
  return {
    title: "The directory",
    columns: [
      `${counted(few)} sessions`,
      `${counted(all)} sessions, ${counted(all * MESSAGES_PER_SESSION)} messages`,
      "above a row",
    ],
    samples: effort.reads,
    rows,
  };
}

const ROW = "floor: a Worker that reads one row of D1";

async function timesOf({ url }: Platform, effort: Effort, deepPage: number): Promise<Record<string, number>> {
  const list = `${url}/sessions?limit=${PAGE}`;
  // A page without a cursor also counts all sessions. This cursor skips one session, so that nothing is counted.
  const first = `${list}&cursor=${await cursorBehind(url, 1)}`;
  const mine = `${list}&user_id=${USER}`;
  const urls: Record<string, string> = {
    [ROW]: `${url}/floor/row?id=dir-3`,
    "newest 20 of a user": `${mine}&cursor=${await cursorBehind(url, 1, `&user_id=${USER}`)}`,
    "newest 20 of a user, page 1, counted": mine,
    "newest 20 of all": first,
    [`the same, ${DEEP_PAGE.toLocaleString("en")} pages deep`]: `${list}&cursor=${await cursorBehind(url, PAGE * (deepPage - 1))}`,
    "part of a name, of a user": `${mine}&session_name=plan 1`,
    "words of a name, of a user": `${mine}&q=plan`,
    "search over a user's messages, a word of all": `${url}/search?user_id=${USER}&q=common`,
    "search over a user's messages, rare words": `${url}/search?user_id=${USER}&q=topic21 plan`,
    "search over a user's messages, nothing found": `${url}/search?user_id=${USER}&q=common nowhere`,
    "search over all messages, a word of all": `${url}/search?q=common`,
    "search over a user's messages, by relevance": `${url}/search?user_id=${USER}&q=common plan&rank=relevance`,
  };
  const takers = Object.entries(urls).map(([name, path]) => async () => ({ [name]: await timedCall(path) }));
  const samples = await interleave(takers, { rounds: effort.reads, warmUp: 20 });
  return Object.fromEntries(Object.keys(urls).map((name) => [name, median(valuesOf(samples, name))]));
}
