import { z } from "zod";
import { type Api, Session, SessionList } from "./api.ts";
import { DESK } from "./demo-batch.ts";
import type { Narrator } from "./narrator.ts";

const Hits = z.looseObject({
  data: z.array(z.looseObject({ session_id: z.string(), role: z.string(), snippet: z.string() })),
});
const Summary = z.looseObject({ summary: z.string(), topics: z.array(z.string()).default([]) });

/** What makes one of many conversations findable. */
export async function findAndSort(api: Api, narrator: Narrator): Promise<void> {
  await search(api, narrator);
  await summarize(api, narrator);
  await sort(api, narrator);
}

async function search(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A search over what was said, in any script");
  const refunds = await hits(api, narrator, "refund");
  narrator.check("both conversations about a refund are found", refunds.size === 2);
  const dishes = await hits(api, narrator, "豆腐");
  narrator.check("so is a word of two characters in the middle of a Chinese one", dishes.size === 1);
}

/** The sessions in which users said it. */
async function hits(api: Api, narrator: Narrator, words: string): Promise<Set<string>> {
  const { data } = await api.call("GET", `/search?q=${encodeURIComponent(words)}&user_id=${DESK}`, Hits);
  const said = data.filter(({ role }) => role === "user");
  narrator.came(...said.map(({ session_id, snippet }) => `${session_id}: ${snippet}`));
  return new Set(said.map(({ session_id }) => session_id));
}

async function summarize(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A summary");
  const { summary, topics } = await api.call("POST", "/sessions/sailing/summary", Summary);
  narrator.came(summary, `topics: ${topics.join(", ")}`);
  narrator.check("it tells what the conversation was about", summary.includes("learn to sail"));
}

async function sort(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Tags, pins and an archive");
  const billing = { tags: ["billing"], pinned: true };
  await api.call("PATCH", "/sessions/talk-32", Session, billing);
  await api.call("PATCH", "/sessions/talk-39", Session, { ...billing, archived: true });
  const shown = await list(api, narrator, "tag=billing");
  narrator.check("what is archived is out of the list", shown === "talk-32");
  const all = await list(api, narrator, "tag=billing&archived=all");
  narrator.check("unless it is asked for", all === "talk-39, talk-32");
}

async function list(api: Api, narrator: Narrator, filter: string): Promise<string> {
  const { data } = await api.call("GET", `/sessions?user_id=${DESK}&${filter}`, SessionList);
  narrator.came(...data.map(({ session_id, session_name }) => `${session_id}: “${session_name}”`));
  return data.map(({ session_id }) => session_id).join(", ");
}
