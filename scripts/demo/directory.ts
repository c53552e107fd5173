import { z } from "zod";
import { type Api, ImportReport, Session, SessionList } from "./api.ts";
import type { Narrator } from "./narrator.ts";

const CUSTOMER = "bea";
const REFUNDS = ["bea-32", "bea-39"] as const;

const Hits = z.looseObject({
  data: z.array(z.looseObject({ session_id: z.string(), role: z.string(), snippet: z.string() })),
});
const Summary = z.looseObject({ summary: z.string(), topics: z.array(z.string()).default([]) });

/** Finds one of many conversations: by search, by tags, by its summary. */
export async function findAndSort(api: Api, narrator: Narrator): Promise<void> {
  await search(api, narrator);
  await sort(api, narrator);
  await summarize(api, narrator);
}

async function search(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A search over what one of many users said, in any script");
  narrator.came("the cron trigger, which fires by itself once deployed, indexes what the killed server had not");
  await api.get("/cdn-cgi/local/scheduled");
  const refunds = await saidIn(api, narrator, "refund");
  narrator.check("both conversations about a refund are found", refunds === [...REFUNDS].reverse().join());
  const dishes = await saidIn(api, narrator, "豆腐");
  narrator.check("so is a word in the middle of a Chinese sentence", dishes === "bea-18");
}

/** Searches for words, and returns the sessions in which the user said them, newest first. */
async function saidIn(api: Api, narrator: Narrator, words: string): Promise<string> {
  const { data } = await api.call("GET", `/search?q=${words}&user_id=${CUSTOMER}`, Hits);
  const said = data.filter(({ role }) => role === "user");
  narrator.came(...said.map(({ session_id, snippet }) => `${session_id}: ${snippet}`));
  return said.map(({ session_id }) => session_id).join();
}

async function sort(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Tags, and an archive");
  const [kept, done] = REFUNDS;
  await api.call("PATCH", `/sessions/${kept}`, Session, { tags: ["billing"], pinned: true });
  await api.call("PATCH", `/sessions/${done}`, Session, { tags: ["billing"], archived: true });
  const listed = await tagged(api, narrator, "");
  narrator.check("what is archived is out of the list", listed === kept);
  const all = await tagged(api, narrator, "&archived=all");
  narrator.check("unless it is asked for", all === [...REFUNDS].reverse().join());
}

async function tagged(api: Api, narrator: Narrator, further: string): Promise<string> {
  const { data } = await api.call("GET", `/sessions?user_id=${CUSTOMER}&tag=billing${further}`, SessionList);
  narrator.came(...data.map(({ session_id, session_name }) => `${session_id}: “${session_name}”`));
  return data.map(({ session_id }) => session_id).join();
}

async function summarize(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A summary");
  const { summary, topics } = await api.call("POST", "/sessions/sailing/summary", Summary);
  narrator.came(summary, `topics: ${topics.join(", ")}`);
  narrator.check("it tells what the conversation was about", summary.includes("learn to sail"));
}

/** Exports a session, deletes it, imports it, and exports it again. */
export async function outAndIn(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A session leaves as lines of JSON, and comes back");
  const exported = await api.get("/sessions/sailing/export");
  const lines = exported.trimEnd().split("\n");
  narrator.came(`${lines.length} lines: ${lines.map((line) => JSON.parse(line).type).join(", ")}`);
  await api.delete("/sessions/sailing");
  const report = await api.call("POST", "/import", ImportReport, exported);
  narrator.check("the import takes it in", report.imported === 1 && report.failed === 0);
  const again = await api.get("/sessions/sailing/export");
  narrator.check("and it is exported to the same bytes", again === exported);
}
