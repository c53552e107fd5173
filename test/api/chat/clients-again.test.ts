import { describe, expect, it, vi } from "vitest";
import { chatOf, stopChat } from "../../support/chat.ts";
import { newId, run } from "../../support/http.ts";
import { cutOff, fail, gate, hold, scriptModel, text, until } from "../../support/scripted-model.ts";
import type { Generation } from "../../support/ui/clients.ts";
import {
  type ChatPlace,
  expectHistory,
  loadTab,
  openTab,
  statusOf,
  textsOf,
  withoutWarnings,
} from "../../support/ui/tabs.ts";

// What AI SDK UI's own clients show once an answer failed, was stopped or was wanted again, and what a page shows then that is loaded anew.

const model = scriptModel();
withoutWarnings();

const assistant = (): ChatPlace => ({ id: newId(), at: "agents/assistant" });

describe.each<Generation>([7, 6])("a chat of AI SDK %i", (generation) => {
  it("regenerates: one answer is there each time", async () => {
    const tab = openTab(generation, assistant());
    model.next("one", "two", "three", "More.");
    await tab.chat.send("Hi");
    for (const answer of ["two", "three"]) {
      await tab.chat.regenerate();
      expect(textsOf(tab)).toEqual(["Hi", answer]);
      await expectHistory(tab);
    }
    await tab.chat.send("More?");
    await expectHistory(tab);
  });

  it.each([
    ["at once", [fail(400)], ""],
    ["in its answer", [text("Hal"), cutOff()], "Hal"],
  ])("shows a model that fails %s as an error, with what it said, and regenerates", async (_when, script, shown) => {
    const tab = openTab(generation, assistant());
    model.respondWith(script);
    await tab.chat.send("Hi");
    expect([statusOf(tab), textsOf(tab)]).toEqual([
      ["error", "ERROR"],
      ["Hi", shown],
    ]);
    const [, answer] = await expectHistory(tab);
    expect(tab.chat.error?.message).toBe(answer?.metadata?.error?.message);
    model.respondWith("Better.");
    await tab.chat.regenerate();
    expect([statusOf(tab), textsOf(tab)]).toEqual([
      ["ready", "COMPLETED"],
      ["Hi", "Better."],
    ]);
    await expectHistory(tab);
  });

  it("asks once where another answer was wanted and failed, as often as that is, and where it came at last", async () => {
    const tab = openTab(generation, assistant());
    model.next("one");
    await tab.chat.send("Hi");
    model.respondWith([fail(400)]);
    for (let n = 0; n < 2; n += 1) {
      await tab.chat.regenerate();
      expect([statusOf(tab), textsOf(tab)]).toEqual([
        ["error", "ERROR"],
        ["Hi", ""],
      ]);
      await expectHistory(tab);
    }
    model.respondWith("two");
    await tab.chat.regenerate();
    await expectHistory(tab);
    await tab.chat.send("More?");
    await expectHistory(tab);
    const asked = (await model.call(model.calls.length)).request.messages;
    expect(asked.flatMap(({ role, content }) => (role === "system" ? [] : [content]))).toEqual(["Hi", "two", "More?"]);
  });

  it("asks once where another answer was wanted and stopped", async () => {
    const place = assistant();
    const tab = openTab(generation, place);
    model.next("one", [text("tw"), hold(gate())]);
    await tab.chat.send("Hi");
    const sent = tab.chat.regenerate();
    await until(() => textsOf(tab)[1] === "tw", "the first word");
    expect(await stopChat(place.id, place)).toBe(204);
    await sent;
    expect([statusOf(tab), textsOf(tab)]).toEqual([
      ["ready", "CANCELLED"],
      ["Hi", "tw"],
    ]);
    await expectHistory(tab);
  });

  it("asks once in a page that is loaded while another answer is made", async () => {
    const place = assistant();
    const tab = openTab(generation, place);
    const point = gate();
    model.next("one", [text("tw"), hold(point), text("o")]);
    await tab.chat.send("Hi");
    const sent = tab.chat.regenerate();
    await until(() => textsOf(tab)[1] === "tw", "the first word");
    const late = await loadTab(generation, place);
    point.release();
    await Promise.all([sent, late.followed]);
    expect(textsOf(late.tab)).toEqual(["Hi", "two"]);
    for (const one of [tab, late.tab]) await expectHistory(one);
  });

  it("asks once in a page that is loaded while another answer waits for its turn", async () => {
    const place = assistant();
    const tab = openTab(generation, place);
    const point = gate();
    model.next("one", [hold(point), text("other")], "two");
    await tab.chat.send("Hi");
    const other = run("Else", { agent: "operator", session_id: place.id });
    await point.reached();
    const sent = tab.chat.regenerate();
    await vi.waitFor(async () => expect((await chatOf(place.id)).body.active_run_id).not.toBeNull());
    const late = await loadTab(generation, place);
    point.release();
    await Promise.all([sent, late.followed, other]);
    expect(textsOf(late.tab)).toEqual(["Hi", "two"]);
    for (const one of [tab, late.tab]) await expectHistory(one);
  });

  it("is stopped: leaving the stream leaves the run, a stop ends it, and what was said stays", async () => {
    const place = assistant();
    const tab = openTab(generation, place);
    const point = gate();
    model.next([text("one"), hold(point)]);
    const sent = tab.chat.send("Hi");
    await until(() => textsOf(tab)[1] === "one", "the first word");
    const other = await loadTab(generation, place);
    await tab.chat.leave();
    await sent;
    expect(tab.chat.status).toBe("ready");
    expect(await stopChat(place.id, place)).toBe(204);
    await other.followed;
    expect([statusOf(other.tab), textsOf(other.tab)]).toEqual([
      ["ready", "CANCELLED"],
      ["Hi", "one"],
    ]);
    await expectHistory(other.tab);
    await tab.chat.resume();
    expect(textsOf(tab)).toEqual(["Hi", "one"]);
  });
});
