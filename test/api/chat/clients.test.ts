import { describe, expect, it } from "vitest";
import { newId } from "../../support/http.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";
import type { Generation } from "../../support/ui/clients.ts";
import {
  afterRequests,
  type ChatPlace,
  expectHistory,
  loadTab,
  openTab,
  statusOf,
  type Tab,
  textsOf,
  withoutWarnings,
} from "../../support/ui/tabs.ts";

// AI SDK UI's own clients in front of the Worker, from what a user does to what D1 has in the end: without an error or a
// warning, and to the same messages that a page has which is loaded anew.

const model = scriptModel();

withoutWarnings();

const of = (agent: string): ChatPlace => ({ id: newId(), at: `agents/${agent}` });

const wipe = (disk: number) => toolCall("wipe", { disk });
const look = (place: string) => toolCall("look", { at: place });
const order = toolCall("order", { item: "tea" });
const sign = toolCall("sign", { paper: "lease" });

/** The calls of the newest answer, by their tools, and how they stand. */
const callsIn = ({ chat }: Tab) =>
  (chat.messages.at(-1)?.parts ?? []).flatMap((part) =>
    "toolCallId" in part ? [{ id: part.toolCallId, tool: part.type.slice("tool-".length), state: part.state }] : [],
  );
const idOf = (tab: Tab, tool: string, nth = 0): string =>
  callsIn(tab).filter((one) => one.tool === tool)[nth]?.id ?? "";
const statesIn = (tab: Tab): string[] => callsIn(tab).map(({ tool, state }) => `${tool} ${state}`);
const approve = (tab: Tab, id: string) => tab.chat.act({ act: "approve", id });
const reject = (tab: Tab, id: string, reason: string) => tab.chat.act({ act: "reject", id, reason });
const give = (tab: Tab, tool: string, output: string | { amount: number }) =>
  tab.chat.act({ act: "output", id: idOf(tab, tool), tool, output });

describe.each<Generation>([7, 6])("a chat of AI SDK %i", (generation) => {
  const opened = (place: ChatPlace) => openTab(generation, place);

  /** A tab in which a run waits for people. */
  async function paused(place: ChatPlace, ...calls: ReturnType<typeof toolCall>[]): Promise<Tab> {
    const tab = opened(place);
    model.next(calls);
    await tab.chat.send("Work");
    expect(statusOf(tab)).toEqual(["ready", "PAUSED"]);
    await expectHistory(tab);
    return tab;
  }

  it("says, and says more, with answers that call tools", async () => {
    const { agent } = peopleAgent();
    const tab = opened(of(agent));
    model.next([text("Wait. "), look("door"), look("wall")], "Both are there.", "Nothing.");
    await tab.chat.send("Look");
    expect(statusOf(tab)).toEqual(["ready", "COMPLETED"]);
    await tab.chat.send("And now?");
    expect(textsOf(tab)).toEqual(["Look", "Wait.  Both are there.", "And now?", "Nothing."]);
    const messages = await expectHistory(tab);
    expect(messages[1]?.id).toBe(messages[1]?.metadata?.runId);
  });

  it("goes on by itself once all is answered that one pause asks, and once only", async () => {
    const { agent, ran } = peopleAgent();
    const tab = await paused(of(agent), wipe(1), order, wipe(2));
    model.next("Done.");
    await approve(tab, idOf(tab, "wipe"));
    await give(tab, "order", { amount: 3 });
    expect(tab.requests).toHaveLength(1);
    await reject(tab, idOf(tab, "wipe", 1), "not that one");
    await afterRequests(tab, 2);
    expect([statusOf(tab), statesIn(tab)]).toEqual([
      ["ready", "COMPLETED"],
      ["wipe output-available", "order output-available", "wipe output-denied"],
    ]);
    expect([tab.chat.isComplete.approvals, tab.requests.length, ran]).toEqual([false, 2, ["wipe 1", "order 3 tea"]]);
    expect(JSON.stringify((await model.call(2)).request.messages)).toContain("not that one");
    await expectHistory(tab);
  });

  it("gives results and fills in what was asked for, which the user sends", async () => {
    const { agent, ran } = peopleAgent();
    const tab = await paused(of(agent), look("door"), order, sign);
    model.next("Done.");
    await give(tab, "sign", "signed");
    await give(tab, "order", { amount: 2 });
    await tab.chat.goOn();
    expect([statusOf(tab), ran]).toEqual([
      ["ready", "COMPLETED"],
      ["look door", "order 2 tea"],
    ]);
    await expectHistory(tab);
  });

  it("answers in parts: what is open is asked again, and nothing runs before", async () => {
    const { agent, ran } = peopleAgent();
    const tab = await paused(of(agent), wipe(1), sign, wipe(2));
    await give(tab, "sign", "signed");
    await tab.chat.goOn();
    expect([statusOf(tab), ran]).toEqual([["ready", "PAUSED"], []]);
    expect(statesIn(tab)).toEqual(["wipe approval-requested", "sign output-available", "wipe approval-requested"]);
    await expectHistory(tab);
    model.next("Done.");
    await approve(tab, idOf(tab, "wipe"));
    await approve(tab, idOf(tab, "wipe", 1));
    await afterRequests(tab, 3);
    expect([statusOf(tab), ran]).toEqual([
      ["ready", "COMPLETED"],
      ["wipe 1", "wipe 2"],
    ]);
    await expectHistory(tab);
  });

  it("goes through one pause after the other in one message", async () => {
    const { agent, ran } = peopleAgent();
    const tab = await paused(of(agent), wipe(1));
    model.next([wipe(2)], "Done.");
    await approve(tab, idOf(tab, "wipe"));
    await afterRequests(tab, 2);
    expect(statusOf(tab)).toEqual(["ready", "PAUSED"]);
    await expectHistory(tab);
    await approve(tab, idOf(tab, "wipe", 1));
    await afterRequests(tab, 3);
    expect([statusOf(tab), tab.chat.messages.length, ran]).toEqual([["ready", "COMPLETED"], 2, ["wipe 1", "wipe 2"]]);
    await expectHistory(tab);
  });

  it("approves, in the page that was loaded anew, what was asked before", async () => {
    const { agent, ran } = peopleAgent();
    const { place } = await paused(of(agent), wipe(1));
    const { tab } = await loadTab(generation, place);
    model.next("Done.");
    await approve(tab, idOf(tab, "wipe"));
    await afterRequests(tab, 1);
    expect([statusOf(tab), ran]).toEqual([["ready", "COMPLETED"], ["wipe 1"]]);
    await expectHistory(tab);
  });

  it("shows a team's members as they speak, and approves what one of them asks", async () => {
    const { agent, ran } = peopleAgent();
    const ada = member("ada");
    const place = { id: newId(), at: `teams/${leading([ada, agent])}` };
    say(model, {
      leader: [[delegate(ada, "think"), delegate(agent, "wipe")], "Wiped."],
      ada: ["I thought."],
      nobody: [[wipe(3)], "I did."],
    });
    const tab = opened(place);
    await tab.chat.send("Work");
    expect(statusOf(tab)).toEqual(["ready", "PAUSED"]);
    await expectHistory(tab);
    await approve(tab, idOf(tab, "wipe"));
    await afterRequests(tab, 2);
    expect([statusOf(tab), ran]).toEqual([["ready", "COMPLETED"], ["wipe 3"]]);
    const deltas = tab.chat.data.flatMap(({ type, data }) =>
      type === "data-member-delta" ? [(data as { delta: string }).delta] : [],
    );
    expect(deltas.join("")).toContain("I did.");
    const [, answer] = await expectHistory(tab);
    const members = answer?.parts.flatMap((part) => (part.type === "data-member" ? [part.data] : [])) ?? [];
    expect(members.map(({ name, text: its, status }) => [name, its, status])).toEqual([
      ["Ada", "I thought.", "completed"],
      ["Test Agent", "I did.", "completed"],
    ]);
  });
});
