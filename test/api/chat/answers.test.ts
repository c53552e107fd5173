import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  answerOf,
  approves,
  type Chunk,
  chatOf,
  openChat,
  outputs,
  said,
  sendChat,
  statusIn,
  textIn,
  typesOf,
} from "../../support/chat.ts";
import { call, newId } from "../../support/http.ts";
import { continuePath } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { delegate, leading, say } from "../../support/teams.ts";

const model = scriptModel();

const wipe = (disk: number) => toolCall("wipe", { disk });
const look = (place: string) => toolCall("look", { at: place });
const order = toolCall("order", { item: "tea" });
const sign = toolCall("sign", { paper: "lease" });

/** Starts a run that pauses; answers how to answer it. */
async function paused(agent: string, ...script: ReturnType<typeof toolCall>[]) {
  const id = newId();
  const at = `agents/${agent}`;
  model.next(script);
  const { runId, chunks } = await sendChat({ id, messages: [said("Work")] }, { at });
  expect([typesOf(chunks).at(-1), statusIn(chunks)]).toEqual(["finish", "PAUSED"]);
  const body = (...parts: object[]) => ({ id, messages: [said("Work"), answerOf(runId, ...parts)], messageId: runId });
  return {
    id,
    at,
    runId,
    asked: chunks.filter(({ type }) => type === "tool-input-available").map(({ toolCallId }) => toolCallId),
    body,
    answer: (...parts: object[]) => sendChat(body(...parts), { at }),
  };
}

const outputsIn = (chunks: Chunk[]) =>
  chunks.flatMap(({ type, toolCallId, output, errorText }) =>
    type.startsWith("tool-output") ? [[type, toolCallId, output ?? errorText]] : [],
  );
const stored = async (id: string) => {
  const columns = "requirement_id, status, answered_by";
  const query = env.DB.prepare(`SELECT ${columns} FROM requirements WHERE session_id = ? ORDER BY position`).bind(id);
  return (await query.all<{ requirement_id: string; status: string; answered_by: string | null }>()).results;
};

describe("an answer to what a paused run waits for", () => {
  it("approves by the call's name, and the run goes on in the same message", async () => {
    const { agent, ran } = peopleAgent();
    const { answer, asked, runId } = await paused(agent, wipe(7));
    expect(asked).toEqual([`${runId}.0`]);
    model.next("Wiped it.");
    const { status, headers, chunks } = await answer(approves(`${runId}.0`, true, "Go on"));
    expect([status, headers.get("X-Run-Id"), chunks[0].messageId]).toEqual([200, runId, runId]);
    expect([outputsIn(chunks), textIn(chunks), statusIn(chunks), ran]).toEqual([
      [["tool-output-available", `${runId}.0`, "wiped 7"]],
      "Wiped it.",
      "COMPLETED",
      ["wipe 7"],
    ]);
  });

  it("rejects, with a reason that the model reads", async () => {
    const { agent, ran } = peopleAgent();
    const { answer, id, runId } = await paused(agent, wipe(7));
    model.next("As you like.");
    const { chunks } = await answer(approves(`${runId}.0`, false, "Not that disk"));
    expect([typesOf(chunks).includes("tool-output-denied"), textIn(chunks), ran]).toEqual([true, "As you like.", []]);
    expect(JSON.stringify((await model.call(2)).request.messages.at(-1))).toContain("Not that disk");
    expect(await stored(id)).toMatchObject([{ status: "answered" }]);
  });

  it("gives results, fills in what was asked for, and comes with all other calls of the run", async () => {
    const { agent, ran } = peopleAgent();
    const { answer, runId } = await paused(agent, look("door"), order, sign, wipe(1));
    model.next("All done.");
    const { status, chunks } = await answer(
      outputs(`${runId}.0`, "seen door"),
      outputs(`${runId}.1`, { amount: 3 }),
      outputs(`${runId}.2`, { signed: true }),
      approves(`${runId}.3`, true),
    );
    expect([status, textIn(chunks)]).toEqual([200, "All done."]);
    expect(ran).toEqual(["look door", "order 3 tea", "wipe 1"]);
    expect(outputsIn(chunks)).toEqual(
      expect.arrayContaining([["tool-output-available", `${runId}.2`, '{"signed":true}']]),
    );
  });

  it("leaves the others open, and nothing runs before all are answered", async () => {
    const { agent, ran } = peopleAgent();
    const { answer, runId } = await paused(agent, wipe(1), wipe(2));
    const first = await answer(approves(`${runId}.0`, true));
    expect([first.status, statusIn(first.chunks), ran]).toEqual([200, "PAUSED", []]);
    expect(first.chunks.filter(({ type }) => type === "tool-approval-request")).toMatchObject([
      { toolCallId: `${runId}.1` },
    ]);
    model.next("Both.");
    const second = await answer(approves(`${runId}.0`, true), approves(`${runId}.1`, true));
    expect([textIn(second.chunks), ran]).toEqual(["Both.", ["wipe 1", "wipe 2"]]);
  });

  it("goes on over several pauses, with the results of all earlier calls in the message", async () => {
    const { agent, ran } = peopleAgent();
    const { answer, runId } = await paused(agent, wipe(1));
    model.next([sign]);
    expect(statusIn((await answer(approves(`${runId}.0`, true))).chunks)).toBe("PAUSED");
    model.next([wipe(2)]);
    const again = await answer(outputs(`${runId}.0`, "wiped 1"), outputs(`${runId}.1`, "on paper"));
    expect(statusIn(again.chunks)).toBe("PAUSED");
    model.next("Done.");
    const last = await answer(
      outputs(`${runId}.0`, "wiped 1"),
      outputs(`${runId}.1`, "on paper"),
      approves(`${runId}.2`, true),
    );
    expect([textIn(last.chunks), ran]).toEqual(["Done.", ["wipe 1", "wipe 2"]]);
  });

  it("is one answer however often it is sent, at once and afterwards, and each gets its stream", async () => {
    const point = gate();
    const { agent, ran } = peopleAgent({ gate: point });
    const { body, at, answer, runId } = await paused(agent, wipe(1));
    model.next("Done.");
    const sent = body(approves(`${runId}.0`, true));
    const open = await Promise.all([openChat(sent, { at }), openChat(sent, { at })]);
    await point.reached();
    point.release();
    const streams = await Promise.all(open.map((one) => one.rest()));
    const after = await answer(approves(`${runId}.0`, true));
    expect([...streams, after.chunks].map(textIn)).toEqual(["Done.", "Done.", "Done."]);
    expect([streams[1], after.chunks, ran]).toEqual([streams[0], streams[0], ["wipe 1"]]);
  });

  it("of a member's call is given to the team's run", async () => {
    const { agent, ran } = peopleAgent();
    const team = leading([agent]);
    const at = `teams/${team}`;
    const id = newId();
    say(model, { leader: [[delegate(agent, "wipe")], "Wiped."], nobody: [[wipe(3)], "I did."] });
    const asked = await sendChat({ id, messages: [said("Work")] }, { at });
    const request = asked.chunks.find(({ type }) => type === "tool-approval-request");
    expect(request.toolCallId).not.toContain(asked.runId);
    const body = { id, messages: [answerOf(asked.runId, approves(request.toolCallId, true))], messageId: asked.runId };
    const { status, chunks } = await sendChat(body, { at });
    expect([status, textIn(chunks), ran]).toEqual([200, "Wiped.", ["wipe 3"]]);
  });

  it("to an earlier message is found where the user has gone on meanwhile", async () => {
    const { agent, ran } = peopleAgent();
    const { id, at, runId } = await paused(agent, wipe(1));
    model.next("Something else.", "Done.");
    const later = await sendChat({ id, messages: [said("Else?")] }, { at });
    const messages = [
      said("Work"),
      answerOf(runId, approves(`${runId}.0`, true)),
      said("Else?"),
      answerOf(later.runId),
    ];
    const { headers, chunks } = await sendChat({ id, messages, messageId: runId }, { at });
    expect([headers.get("X-Run-Id"), textIn(chunks), ran]).toEqual([runId, "Done.", ["wipe 1"]]);
  });

  it("says who answers: the user, or whom the request names", async () => {
    const { agent } = peopleAgent();
    const { id, at, runId, body } = await paused(agent, wipe(1), wipe(2));
    await sendChat({ ...body(approves(`${runId}.0`, true)), answered_by: "grace" }, { at });
    await sendChat(body(approves(`${runId}.1`, true)), { at, query: "answered_by=ada" });
    expect((await stored(id)).map(({ answered_by }) => answered_by)).toEqual(["grace", "ada"]);
  });
});

describe("an answer that is refused", () => {
  it.each<[string, (runId: string) => object[], number, string]>([
    ["to no call", () => [], 400, "answers nothing"],
    ["to a call that has run by itself", (run) => [outputs(`${run}.0`, "seen door")], 400, "answers nothing"],
    ["yes to a call that nobody asks about", (run) => [approves(`${run}.0`, true)], 400, "no requirement or tool call"],
    ["to a call that is not there", (run) => [outputs(`${run}.7`, "x")], 400, "no requirement or tool call"],
    ["to another run's call", () => [approves("other.0", true)], 400, "no requirement or tool call"],
    ["one of several wrong", (run) => [approves(`${run}.1`, true), approves("x.0", true)], 400, "no requirement"],
  ])("%s runs nothing and answers nothing", async (_its, parts, status, detail) => {
    const { agent, ran } = peopleAgent();
    const { id, answer, runId } = await paused(agent, look("door"), wipe(1));
    const sent = await answer(...parts(runId));
    expect([sent.status, sent.body.detail]).toEqual([status, expect.stringContaining(detail)]);
    expect([(await stored(id)).map((one) => one.status), ran, model.calls.length]).toEqual([
      ["open"],
      ["look door"],
      1,
    ]);
  });

  it("names the field that is filled in wrongly", async () => {
    const { agent } = peopleAgent();
    const { answer, runId } = await paused(agent, order);
    const { status, body } = await answer(outputs(`${runId}.0`, { amount: 0 }));
    expect([status, body.detail[0].loc]).toEqual([422, ["body", "messages", `${runId}.0`, "amount"]]);
  });

  it("refuses an integer that would be stored as another one", async () => {
    const { agent } = peopleAgent();
    const { body, at, runId } = await paused(agent, sign);
    const sent = JSON.stringify(body(outputs(`${runId}.0`, { nr: "BIG" }))).replace('"BIG"', "9007199254740993");
    const { status, body: refused } = await sendChat(sent, { at });
    expect([status, refused.detail[0].type]).toEqual([422, "int_parsing_size"]);
  });

  it("was given elsewhere: 409 in our words, and before the stream", async () => {
    const { agent } = peopleAgent();
    const { id, answer, runId } = await paused(agent, wipe(1), wipe(2));
    const [requirement] = await stored(id);
    const path = continuePath({ agent, run_id: runId });
    const requirements = [{ id: requirement?.requirement_id, confirmation: false }];
    expect((await call("POST", path, { session_id: id, stream: false, requirements })).status).toBe(200);
    const both = [approves(`${runId}.0`, true), approves(`${runId}.1`, true)];
    const { status, body } = await answer(...both);
    expect([status, body.code, body.detail]).toEqual([409, "requirement_answered", expect.stringContaining("once")]);
  });

  it("comes too late: the run is over", async () => {
    const { agent } = peopleAgent();
    const { answer, runId } = await paused(agent, wipe(1));
    model.next("Done.");
    await answer(approves(`${runId}.0`, true));
    const { status, body } = await answer(approves(`${runId}.0`, false));
    expect([status, body.code]).toEqual([409, "run_not_continuable"]);
  });

  it("is to a run that is not there, in this chat or of this agent", async () => {
    const { agent } = peopleAgent();
    const { id, at, runId, body } = await paused(agent, wipe(1));
    const yes = approves(`${runId}.0`, true);
    const ways: [object, string][] = [
      [{ ...body(yes), id: newId() }, at],
      [body(yes), "agents/assistant"],
      [{ id, messages: [answerOf("no-run", yes)] }, at],
      [{ id, messages: [answerOf("x".repeat(200_000), yes)] }, at],
    ];
    for (const [sent, to] of ways) expect((await sendChat(sent, { at: to })).status).toBe(404);
  });
});

describe("a run that was continued", () => {
  it("is read from its first event while it goes on", async () => {
    const point = gate();
    const { agent } = peopleAgent();
    const { body, at, runId, id } = await paused(agent, wipe(1));
    model.next([text("Almost"), hold(point), text(" done")]);
    const going = await openChat(body(approves(`${runId}.0`, true)), { at });
    await point.reached();
    const { body: history } = await chatOf(id, { at });
    expect([history.active_run_id, history.paused_run_id]).toEqual([runId, null]);
    point.release();
    await going.rest();
    expect((await chatOf(id, { at })).body.active_run_id).toBeNull();
  });
});
