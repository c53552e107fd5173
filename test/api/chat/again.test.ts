import { describe, expect, it } from "vitest";
import { answerOf, chatOf, linesOf, openChat, said, sendChat, statusIn, stopChat, textIn } from "../../support/chat.ts";
import { goOn } from "../../support/continue.ts";
import { call, newId, run } from "../../support/http.ts";
import { fail, gate, hold, isNaming, scriptModel, text, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();

const again = (id: string, messages: readonly object[], messageId?: string, at?: string) =>
  sendChat({ id, messages, messageId, trigger: "regenerate-message" }, at === undefined ? {} : { at });
const statusesOf = async (session_id: string, at = "agents/assistant"): Promise<string[]> =>
  (await call("GET", `/${at}/runs?session_id=${session_id}`)).body.map(({ status }: { status: string }) => status);

/** A chat in which the model has answered "Hi" by "one". */
async function chat(message = said("Hi")) {
  const id = newId();
  model.next("one", "two", "three", "four", "five");
  const { runId } = await sendChat({ id, messages: [message] });
  return { id, message, runId };
}

describe("a regenerate", () => {
  it("replaces the newest answer, and again the new one: one message is there each time", async () => {
    const { id, message, runId } = await chat();
    const second = await again(id, [message]);
    const third = await again(id, [message]);
    expect([second, third].map(({ chunks }) => textIn(chunks))).toEqual(["two", "three"]);
    expect(new Set([runId, second.runId, third.runId]).size).toBe(3);
    expect(await statusesOf(id)).toEqual(["REGENERATED", "REGENERATED", "COMPLETED"]);
    expect(linesOf(await chatOf(id))).toEqual(["user: Hi", "assistant: three"]);
    const { request } = await model.call(3);
    expect(request.messages.filter(({ role }) => role !== "system")).toHaveLength(1);
  });

  it("is one run however often it is sent while that goes on, and each gets its stream", async () => {
    const { id, message } = await chat();
    const point = gate();
    model.respondWith((request) => (isNaming(request) ? "Name" : [text("a"), hold(point), text("b")]));
    await again(id, [message]).then(({ chunks }) => expect(textIn(chunks)).toBe("two"));
    await again(id, [message]).then(({ chunks }) => expect(textIn(chunks)).toBe("three"));
    await again(id, [message]).then(({ chunks }) => expect(textIn(chunks)).toBe("four"));
    await again(id, [message]).then(({ chunks }) => expect(textIn(chunks)).toBe("five"));
    const body = { id, messages: [message], trigger: "regenerate-message" };
    const open = await Promise.all([openChat(body), openChat(body)]);
    await point.reached();
    open.push(await openChat(body));
    point.release();
    expect(new Set(open.map((one) => one.runId)).size).toBe(1);
    for (const one of open) expect(textIn(await one.rest())).toBe("ab");
    expect(await statusesOf(id)).toHaveLength(6);
  });

  it("that names what it replaces is the same run for ever, and another one for the new answer", async () => {
    const { id, message, runId } = await chat();
    const first = await again(id, [message], runId);
    const repeated = await again(id, [message], runId);
    expect([repeated.runId, textIn(repeated.chunks)]).toEqual([first.runId, "two"]);
    const next = await again(id, [message], first.runId);
    expect(textIn(next.chunks)).toBe("three");
    expect((await again(id, [message], runId)).runId).toBe(first.runId);
    expect(await statusesOf(id)).toEqual(["REGENERATED", "REGENERATED", "COMPLETED"]);
    expect(textIn((await sendChat({ id, messages: [said("More?")] })).chunks)).toBe("four");
    for (const replaced of [runId, first.runId]) {
      const { runId: same, chunks } = await again(id, [message], replaced);
      expect([same, textIn(chunks)]).toEqual(replaced === runId ? [first.runId, "two"] : [next.runId, "three"]);
    }
    expect(await statusesOf(id)).toHaveLength(4);
  });

  it("knows the user's message by its own id, as the history shows it, or by the run's own", async () => {
    const { id, message, runId } = await chat();
    for (const [messages, messageId] of [
      [[message], message.id],
      [[(await chatOf(id)).body.messages[0]], undefined],
    ] as const) {
      expect((await again(id, messages, messageId)).status).toBe(200);
    }
    const { messages } = (await chatOf(id)).body;
    expect((await again(id, [messages[0]], messages[0].id)).status).toBe(200);
    const newest = (await chatOf(id)).body.messages;
    expect((await again(id, newest)).status).toBe(200);
    expect(await statusesOf(id)).toEqual([...Array.from({ length: 4 }, () => "REGENERATED"), "COMPLETED"]);
    expect(newest[1].id).not.toBe(runId);
  });

  it("of a message that never made a run makes one, which later is that message's", async () => {
    const id = newId();
    model.next("one", "two");
    const message = said("Hi");
    expect(textIn((await again(id, [message])).chunks)).toBe("one");
    expect(textIn((await again(id, [message])).chunks)).toBe("two");
    expect(await statusesOf(id)).toEqual(["REGENERATED", "COMPLETED"]);
  });

  it("makes a new run after one that failed, which is replaced", async () => {
    const id = newId();
    model.respondWith([fail(400)]);
    const message = said("Hi");
    const failed = await sendChat({ id, messages: [message] });
    expect(failed.chunks.at(-1)?.type).toBe("error");
    model.respondWith("Better");
    expect(textIn((await again(id, [message])).chunks)).toBe("Better");
    expect(await statusesOf(id)).toEqual(["REGENERATED", "COMPLETED"]);
    expect(linesOf(await chatOf(id))).toEqual(["user: Hi", "assistant: Better"]);
  });

  it("replaces one that was stopped", async () => {
    const id = newId();
    const message = said("Hi");
    model.next([text("one"), hold(gate())], "two");
    const open = await openChat({ id, messages: [message] });
    await open.until("text-delta");
    expect(await stopChat(id)).toBe(204);
    await open.rest();
    expect(textIn((await again(id, [message])).chunks)).toBe("two");
    expect(linesOf(await chatOf(id))).toEqual(["user: Hi", "assistant: two"]);
  });

  it("of an older answer is refused: what was said since would stand on it", async () => {
    const { id, message, runId } = await chat();
    const later = await sendChat({ id, messages: [said("More?")] });
    for (const [messages, messageId] of [
      [[message], undefined],
      [[message], runId],
      [[message, answerOf(runId)], undefined],
    ] as const) {
      const { status, body } = await again(id, messages, messageId);
      expect([status, body.code]).toEqual([409, "run_not_continuable"]);
    }
    expect(await statusesOf(id)).toEqual(["COMPLETED", "COMPLETED"]);
    expect(later.status).toBe(200);
  });

  it("of a run that is paused is refused", async () => {
    const id = newId();
    const at = "agents/operator";
    const message = said("Delete it");
    model.next([toolCall("delete_record", { id: "7" })]);
    const { runId, chunks } = await sendChat({ id, messages: [message] }, { at });
    expect(statusIn(chunks)).toBe("PAUSED");
    for (const messageId of [undefined, runId]) {
      const { status, body } = await again(id, [message], messageId, at);
      expect([status, body.code, body.detail]).toEqual([
        409,
        "run_not_continuable",
        `Cannot continue run ${runId}: it waits for people; answer it, or stop it, first`,
      ]);
    }
    expect(await statusesOf(id, at)).toEqual(["PAUSED"]);
  });

  it("of a run that is still going on is refused", async () => {
    const id = newId();
    const point = gate();
    const message = said("Hi");
    model.next([text("one"), hold(point)]);
    const open = await openChat({ id, messages: [message] });
    await point.reached();
    const { status, body } = await again(id, [message]);
    expect([status, body.detail]).toEqual([409, expect.stringContaining("still running")]);
    point.release();
    await open.rest();
  });

  it("is refused where another one goes on that was asked for in another way", async () => {
    const { id, message, runId } = await chat();
    const point = gate();
    model.respondWith((request) => (isNaming(request) ? "Name" : [text("a"), hold(point)]));
    for (const _ of ["two", "three", "four", "five"]) await again(id, [message]);
    const newest = (await chatOf(id)).body.messages[1].id;
    const other = goOn({ session_id: id, run_id: newest }, { regenerate: true });
    await point.reached();
    const { status, body } = await again(id, [message]);
    expect([status, body.code]).toEqual([409, "run_active"]);
    point.release();
    expect((await other).status).toBe(200);
    expect(runId).not.toBe(newest);
  });

  it("of a run that the chat does not have is refused", async () => {
    const { id, message } = await chat();
    const other = (await run("Hi")).body;
    for (const [chatId, messageId] of [
      [id, "no-run"],
      [id, other.run_id],
      [id, `${other.run_id}:user`],
      [id, "x".repeat(300)],
      [newId(), other.run_id],
    ] as const) {
      const { status } = await again(chatId, [message], messageId);
      expect([messageId, [404, 409].includes(status)]).toEqual([messageId, true]);
    }
  });
});
