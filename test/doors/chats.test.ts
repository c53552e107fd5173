import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  answerOf,
  approves,
  chatOf,
  followChat,
  linesOf,
  openChat,
  said,
  sendChat,
  statusIn,
  stopChat,
  textIn,
} from "../support/chat.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { call, newId, overConnection } from "../support/http.ts";
import { rowsNaming } from "../support/rows.ts";
import { fail, gate, hold, scriptModel, text, toolCall } from "../support/scripted-model.ts";

// Chats of users with tokens of their own, as a browser of theirs calls.

overConnection();
const model = scriptModel();
beforeEach(() => void vi.spyOn(console, "info").mockReturnValue());

const at = "agents/operator";
const user = async (name: string, claims: Record<string, unknown> = {}) => {
  const id = `${name}-${newId()}`;
  return { id, headers: bearer(await tokenFor(id, claims)), at };
};

describe("a user's chat", () => {
  it("belongs to the user, whomever the request names", async () => {
    const [ada, bob] = [await user("ada"), await user("bob")];
    const id = newId();
    const sent = await sendChat(
      { id, messages: [said("Hi")], user_id: bob.id },
      { ...ada, query: `user_id=${bob.id}` },
    );
    expect(sent.status).toBe(200);
    expect((await call("GET", `/sessions/${id}`, undefined, ada.headers)).body.user_id).toBe(ada.id);
    expect(linesOf(await chatOf(id, ada))[0]).toBe("user: Hi");
  });

  it("is not there for another one: 404 as if it did not exist, and nothing runs, answers, stops or is shown", async () => {
    const [ada, bob] = [await user("ada"), await user("bob")];
    const [paused, held] = [newId(), newId()];
    const point = gate();
    model.next([toolCall("delete_record", { id: "7" })], [text("one"), hold(point), text(" two")]);
    const asked = await sendChat({ id: paused, messages: [said("Delete it", "m-1")] }, ada);
    expect(statusIn(asked.chunks)).toBe("PAUSED");
    const going = await openChat({ id: held, messages: [said("Go", "m-2")] }, ada);
    await point.reached();
    const [before, calls] = [await rowsNaming([ada.id, paused, held]), model.calls.length];
    const tries = async (pausedId: () => string, heldId: () => string, runId: string) => {
      const yes = answerOf(runId, approves(`${runId}.0`, true));
      const shown = said("x", `${runId}:user`);
      const regenerate = { trigger: "regenerate-message" };
      const sent = [
        await sendChat({ id: pausedId(), messages: [yes], messageId: runId }, bob),
        await sendChat({ id: pausedId(), messages: [shown], messageId: runId, ...regenerate }, bob),
        await sendChat({ id: pausedId(), messages: [yes], ...regenerate }, bob),
      ];
      const read = [await chatOf(pausedId(), bob), await chatOf(pausedId(), { ...bob, query: `before=${runId}` })];
      const answers = [...sent, ...read].map(({ status, body }) => [status, body.detail.replaceAll(runId, "RUN")]);
      return [...answers, (await followChat(heldId(), bob)).status, await stopChat(heldId(), bob)];
    };
    // What would begin a chat of his own, were there none of that id.
    const begins = [
      await sendChat({ id: paused, messages: [said("Mine now")] }, bob),
      await sendChat({ id: paused, messages: [said("Delete it", "m-1")], messageId: "m-1" }, bob),
      await sendChat({ id: paused, messages: [said("x", `${asked.runId}:user`)] }, bob),
      await sendChat({ id: paused, messages: [said("Delete it", "m-1")], trigger: "regenerate-message" }, bob),
    ];
    expect(begins.map(({ status, body }) => [status, body?.detail])).toEqual(
      begins.map(() => [404, "Session not found"]),
    );
    const found = await tries(
      () => paused,
      () => held,
      asked.runId,
    );
    expect(found).toEqual(await tries(newId, newId, newId()));
    expect(found.flat().filter((one) => typeof one === "number")).toEqual([404, 404, 404, 404, 404, 404, 404]);
    expect([await rowsNaming([ada.id, paused, held]), model.calls.length]).toEqual([before, calls]);
    point.release();
    expect(textIn(await going.rest())).toBe("one two");
  });

  it("has keys of its own: the same message's id of two users is two runs", async () => {
    const [ada, bob] = [await user("ada"), await user("bob")];
    const message = said("Hi");
    const one = await sendChat({ id: newId(), messages: [message] }, ada);
    const other = await sendChat({ id: newId(), messages: [message] }, bob);
    expect([one.status, other.status, one.runId === other.runId]).toEqual([200, 200, false]);
  });

  it("is answered by the user, whomever the request names as the one who answers: sent again by another name, it is the same", async () => {
    const ada = await user("ada");
    const id = newId();
    model.next([toolCall("delete_record", { id: "7" })], "Deleted.");
    const { runId } = await sendChat({ id, messages: [said("Delete it")] }, ada);
    const answer = (answered_by?: string) =>
      sendChat({ id, messages: [answerOf(runId, approves(`${runId}.0`, true))], answered_by }, ada);
    for (const name of ["bob", "grace", undefined]) {
      const { status, chunks } = await answer(name);
      expect([name, status, textIn(chunks)]).toEqual([name, 200, "Deleted."]);
    }
  });

  it("has eight readers; the ninth is refused before the stream", async () => {
    const ada = await user("ada");
    const id = newId();
    const point = gate();
    model.next([text("one"), hold(point)]);
    const body = { id, messages: [said("Hi")] };
    const open = [await openChat(body, ada)];
    await point.reached();
    while (open.length < 8) open.push(await openChat(body, ada));
    for (const ninth of [
      await followChat(id, ada),
      (await sendChat(body, ada)) as { status: number; headers: Headers },
    ]) {
      expect([ninth.status, ninth.headers.get("Retry-After")]).toEqual([429, "10"]);
    }
    expect((await followChat(id, { headers: key, at })).status).toBe(200);
    point.release();
    for (const one of open) expect(textIn(await one.rest())).toBe("one");
  });

  it("tells the user no provider's words, in its stream or its history", async () => {
    const ada = await user("ada");
    const id = newId();
    model.respondWith([fail(400, "secret words")]);
    const sent = await sendChat({ id, messages: [said("Hi")] }, ada);
    expect(sent.chunks.at(-1)?.type).toBe("error");
    expect(JSON.stringify([sent.chunks, (await chatOf(id, ada)).body])).not.toContain("secret words");
  });

  it("needs no more than the scopes of runs, and those of one agent are enough for it", async () => {
    const ada = await user("ada", { scopes: ["agents:operator:run", "agents:operator:read"] });
    const id = newId();
    expect((await sendChat({ id, messages: [said("Hi")] }, ada)).status).toBe(200);
    expect((await chatOf(id, ada)).status).toBe(200);
    expect([(await followChat(id, ada)).status, await stopChat(id, ada)]).toEqual([204, 204]);
    expect((await sendChat({ id, messages: [said("Hi")] }, { ...ada, at: "agents/assistant" })).status).toBe(403);
  });

  it("reads no large body of a caller who may not call", async () => {
    const ada = await user("ada", { scopes: ["sessions:read"] });
    const large = "x".repeat(9 * 1024 * 1024);
    expect((await sendChat(large, ada)).status).toBe(403);
    expect((await sendChat(large, { at })).status).toBe(401);
  });
});
