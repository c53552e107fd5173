import { describe, expect, it } from "vitest";
import type { UiMessage } from "../../../src/wire/ui/message.ts";
import { newId } from "../../support/http.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { type Gate, gate, hold, type Step, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";
import type { Generation } from "../../support/ui/clients.ts";
import {
  afterRequests,
  expectHistory,
  listOf,
  loadTab,
  openTab,
  type Tab,
  textsOf,
  withoutWarnings,
} from "../../support/ui/tabs.ts";

// AI SDK UI's own clients that come to a run late, that lose it, or that are several: all have the same messages in the end.

const model = scriptModel();
withoutWarnings();

const newPlace = (agent = "assistant") => ({ id: newId(), at: `agents/${agent}` });
const points = (count: number): Gate[] => Array.from({ length: count }, () => gate());

const withoutApprovals = ({ parts, ...message }: UiMessage) => ({
  ...message,
  parts: parts.map((part) => ("toolCallId" in part ? { ...part, approval: undefined } : part)),
});

describe.each<Generation>([7, 6])("a chat of AI SDK %i", (generation) => {
  const load = (place: Tab["place"]) => loadTab(generation, place);

  /** Loads a tab at each point of a run, and expects all to have what the history has, and no text twice. */
  async function joinAt(tab: Tab, sent: Promise<void>, places: readonly Gate[]): Promise<Tab[]> {
    const tabs = [tab];
    const reads = [sent];
    for (const point of places) {
      await point.reached();
      const { tab: late, followed } = await load(tab.place);
      await until(() => late.chat.messages.length > 1, "the answer so far");
      tabs.push(late);
      reads.push(followed);
      point.release();
    }
    await Promise.all(reads);
    return tabs;
  }

  it("is the same in pages that are loaded at any time of an answer", async () => {
    const { agent } = peopleAgent();
    const at = points(6);
    const [a, b, c, d, e, f] = at.map(hold) as [Step, Step, Step, Step, Step, Step];
    model.next(
      [a, text("I "), b, text("look. "), c, toolCall("look", { at: "door" }), d],
      [e, text("Seen"), f, text(".")],
    );
    const tab = openTab(generation, newPlace(agent));
    const tabs = await joinAt(tab, tab.chat.send("Look"), at);
    for (const one of tabs) {
      expect(textsOf(one)).toEqual(["Look", "I look.  Seen."]);
      await expectHistory(one);
    }
    expect(tabs).toHaveLength(7);
  });

  it("is the same in pages that are loaded while a team's members speak", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const at = points(4);
    const [a, b, c, d] = at.map(hold) as [Step, Step, Step, Step];
    say(model, {
      leader: [
        [text("Ask. "), delegate(ada, "1")],
        [a, delegate(bob, "2")],
        [text("Do"), d, text("ne.")],
      ],
      ada: [[text("Mi"), b, text("ne.")]],
      bob: [[c, text("His.")]],
    });
    const tab = openTab(generation, { id: newId(), at: `teams/${leading([ada, bob])}` });
    const tabs = await joinAt(
      tab,
      tab.chat.send("Go"),
      [1, 0, 2, 3].map((nth) => at[nth] as Gate),
    );
    for (const one of tabs) await expectHistory(one);
  });

  it("is the same in pages that are loaded while a run goes on that was approved", async () => {
    const { agent } = peopleAgent();
    const at = points(3);
    const [a, b, c] = at.map(hold) as [Step, Step, Step];
    const tab = openTab(generation, newPlace(agent));
    model.next([text("May I? "), toolCall("wipe", { disk: 1 })], [a, text("Wi"), b, text("ped."), c]);
    await tab.chat.send("Wipe");
    const id = tab.chat.messages.at(-1)?.parts.flatMap((part) => ("toolCallId" in part ? [part.toolCallId] : []))[0];
    await tab.chat.act({ act: "approve", id: id ?? "" });
    const tabs = await joinAt(tab, afterRequests(tab, 2), at);
    await expectHistory(tab);
    for (const one of tabs) {
      expect(textsOf(one)).toEqual(["Wipe", "May I?  Wiped."]);
      // No chunk that generation 6 knows says how a call was answered: only the tab in which it was has that.
      await expectHistory(one, withoutApprovals);
    }
  });

  it("is whole though its connection breaks ten times, wherever that is", async () => {
    const { agent } = peopleAgent();
    const point = gate();
    model.next([text("I ", "look. "), toolCall("look", { at: "door" })], [text("Se", "en", " \u2028🙂."), hold(point)]);
    const tab = openTab(generation, newPlace(agent));
    tab.cutNext(1);
    await tab.chat.send("Look");
    await point.reached();
    for (let cut = 1; cut < 10; cut += 1) {
      expect(tab.chat.status).toBe("error");
      tab.cutNext(cut * 97);
      await tab.chat.resume();
    }
    const last = tab.chat.resume();
    await until(() => textsOf(tab)[1]?.endsWith("🙂.") === true, "what was said so far");
    point.release();
    await last;
    expect(tab.requests).toHaveLength(11);
    expect([tab.chat.status, textsOf(tab)]).toEqual(["ready", ["Look", "I look.  Seen \u2028🙂."]]);
    await expectHistory(tab);
  });

  it("is the same in two tabs, of which each has said something", async () => {
    const place = newPlace();
    const one = openTab(generation, place);
    model.next("one", "two");
    await one.chat.send("1");
    const { tab: two } = await load(place);
    await two.chat.send("2");
    await expectHistory(two);
    const { tab: loaded } = await load(place);
    expect(listOf(loaded.chat)).toEqual(listOf(two.chat));
    expect(textsOf(one)).toEqual(["1", "one"]);
  });

  it("has its second message answered behind the first, where another tab waits for that", async () => {
    const place = newPlace();
    const point = gate();
    model.next([text("o"), hold(point), text("ne")], "two");
    const one = openTab(generation, place);
    const first = one.chat.send("1");
    await point.reached();
    const { tab: two, followed } = await load(place);
    await until(() => two.chat.messages.length === 2, "the answer so far");
    point.release();
    await Promise.all([first, followed]);
    await two.chat.send("2");
    expect(textsOf(two)).toEqual(["1", "one", "2", "two"]);
    await expectHistory(two);
  });
});
