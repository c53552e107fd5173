import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type AgentEvent,
  AlreadyAnswered,
  ApiError,
  type RunEnd,
  RunFailed,
  type RunStream,
} from "../../../packages/client/src/index.ts";
import { clientOf, cutting } from "../../support/client.ts";
import { collected } from "../../support/collected.ts";
import { call, newId } from "../../support/http.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { fail, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";

const model = scriptModel();
const es = clientOf();

const names = (events: { event: string }[]) => events.map(({ event }) => event);

/** The run goes on, since its call may run. */
async function approved(run: RunStream): Promise<RunStream> {
  const end = await run.result();
  const [asked] = end.requirements;
  if (asked?.kind !== "confirmation") throw new Error("nobody is asked");
  return end.answer().approve(asked).send();
}

describe("A run", () => {
  it("is read event by event, each once, and ends with its result", async () => {
    model.next("Hello there");
    const run = es.agent("assistant").run({ message: "Hi" });
    const events = await collected(run);
    expect(events.map(({ event_index }) => event_index)).toEqual(events.map((_, nth) => nth));
    expect(names(events)).toContain("RunContent");
    const end = await run.result();
    expect(end).toMatchObject({ status: "COMPLETED", content: "Hello there", requirements: [], error: null });
    expect([end.runId, end.sessionId]).toEqual([await run.runId, await run.sessionId]);
    expect(run.reconnects).toBe(0);
  });

  it("sends nothing until it is read or started", async () => {
    const run = es.agent("assistant").run({ message: "Hi", sessionId: newId() });
    await expect(run.cancel()).rejects.toThrow("has not been started");
    expect(model.calls).toEqual([]);
    model.next("Hello");
    expect((await run.start().result()).content).toBe("Hello");
  });

  it("tells its ids before its first event", async () => {
    const point = gate();
    model.next([hold(point), text("Hello")]);
    const session_id = `ünïcödé ${newId()}`;
    const run = es.agent("assistant").run({ message: "Hi", sessionId: session_id });
    expect(await run.sessionId).toBe(session_id);
    expect(await run.runId).toMatch(/^[\da-f-]{36}$/);
    point.release();
    expect((await run.result()).sessionId).toBe(session_id);
  });

  it("goes on when its reader leaves, and the result reads on", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const run = es.agent("assistant").run({ message: "Hi" });
    for await (const event of run) {
      if (event.event === "RunContent") break;
    }
    point.release();
    expect(await run.result()).toMatchObject({ status: "COMPLETED", content: "Hello" });
    expect(run.reconnects).toBe(1);
  });

  it("is answered in the loop that reads it", async () => {
    model.next([toolCall("delete_record", { id: "1" })], "Done.");
    const run = es.agent("operator").run({ message: "Clean up" });
    const contents: string[] = [];
    for await (const event of run) {
      if (event.event === "RunPaused") contents.push((await (await approved(run)).result()).content);
    }
    expect(contents).toEqual(["Done."]);
  });

  it("is answered at each pause in the loop of who attached", async () => {
    const calls = ["1", "2"].map((id) => [toolCall("delete_record", { id })]);
    model.next(...calls, "Done.");
    const { runId, sessionId } = await es.agent("operator").run({ message: "Clean up" }).result();
    const run = es.attach({ agentId: "operator", runId, sessionId });
    const seen: string[] = [];
    for await (const event of run) {
      seen.push(event.event);
      if (event.event === "RunPaused") await (await approved(run)).result();
    }
    expect(seen.filter((name) => name === "RunPaused")).toHaveLength(2);
    expect([seen.at(-1), (await run.result()).content]).toEqual(["RunCompleted", "Done."]);
  });

  it("is not read twice at once", async () => {
    model.next("Hello");
    const run = es.agent("assistant").run({ message: "Hi" });
    await collected(run);
    expect(() => run[Symbol.asyncIterator]()).toThrow("is being read already");
  });

  it("is cancelled by `cancel`, and its reader comes to its own end", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const run = es.agent("assistant").run({ message: "Hi" });
    const seen: string[] = [];
    for await (const event of run) {
      seen.push(event.event);
      if (event.event === "RunContent") {
        await run.cancel();
        await run.cancel();
      }
    }
    point.release();
    expect(seen.slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
    expect(await run.result()).toMatchObject({ status: "CANCELLED", content: "Hel", error: expect.any(String) });
  });

  it("that is left by an abort can still be cancelled", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const leaving = new AbortController();
    const run = es.agent("assistant").run({ message: "Hi", signal: leaving.signal });
    const reading = collected(run);
    await point.reached();
    const reason = new Error("the page was closed");
    leaving.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await run.cancel();
    point.release();
    const ids = { agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId };
    expect((await es.attach(ids).result()).status).toBe("CANCELLED");
  });

  it("that failed rejects its result, after its events", async () => {
    model.respondWith([fail(400)]);
    const run = es.agent("assistant").run({ message: "Hi" });
    expect(names(await collected(run)).at(-1)).toBe("RunError");
    const failure = await run.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunFailed);
    expect(failure).toMatchObject({ runId: await run.runId, type: expect.any(String), message: expect.any(String) });
    const polled = es.attach({ agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId });
    await expect(polled.result({ poll: true })).rejects.toEqual(failure);
  });

  it("that is refused throws what the server says", async () => {
    const refused = await es
      .agent("nobody")
      .run({ message: "Hi" })
      .result()
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 404, code: "agent_not_found", detail: "Agent not found" });
    expect((refused as ApiError).requestId).not.toBeNull();
  });

  it("with the same key is the same run", async () => {
    model.next("Hello");
    const ask = { message: "Hi", sessionId: newId(), idempotencyKey: newId() };
    const first = await es.agent("assistant").run(ask).result();
    expect((await es.agent("assistant").run(ask).result()).runId).toBe(first.runId);
    expect(model.calls).toHaveLength(1);
  });

  it("may be refused while another one is active, or take its place", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")], "Good day");
    const sessionId = newId();
    const active = es.agent("assistant").run({ message: "Hi", sessionId }).start();
    await point.reached();
    const refused = es.agent("assistant").run({ message: "Hi", sessionId, onBusy: "reject" });
    await expect(refused.result()).rejects.toMatchObject({ status: 409 });
    const next = es.agent("assistant").run({ message: "Hi", sessionId, onBusy: "interrupt" }).start();
    expect(await active.result()).toMatchObject({ status: "CANCELLED" });
    point.release();
    expect(await next.result()).toMatchObject({ status: "COMPLETED", content: "Good day" });
  });

  it("is polled without an open connection", async () => {
    model.next("Hello");
    const run = es.agent("assistant").run({ message: "Hi", sessionId: newId() });
    const end = await run.result({ poll: true });
    expect(end).toMatchObject({ status: "COMPLETED", content: "Hello", runId: await run.runId });
  });

  it("is made anew from an older one, under an id of its own", async () => {
    model.next("Hello", "Good day");
    const first = await es.agent("assistant").run({ message: "Hi" }).result();
    const again = es.agent("assistant").again(first.runId, { sessionId: first.sessionId, regenerate: true });
    expect(await again.result()).toMatchObject({ status: "COMPLETED", content: "Good day" });
    expect(await again.runId).not.toBe(first.runId);
  });

  it("is read whole over connections that break again and again, while it goes on and when it is over", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
    const point = gate();
    const words = Array.from({ length: 40 }, (_, nth) => `wörd-${nth} `);
    model.next([text(...words.slice(0, 20)), hold(point), text(...words.slice(20))]);
    const broken = clientOf({ fetch: cutting(1_500) });
    const run = broken.agent("assistant").run({ message: "Talk" });
    const seen: AgentEvent[] = [];
    for await (const event of run) {
      seen.push(event);
      if (seen.length === 10) point.release();
    }
    expect(run.reconnects).toBeGreaterThan(5);
    const target = { agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId };
    expect(seen).toEqual(await collected(es.attach(target)));
    expect(seen).toEqual(await collected(broken.attach(target)));
    expect(await run.result()).toMatchObject({ status: "COMPLETED", content: words.join("") });
  });

  it("of a team has its members' events among its own", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    say(model, { leader: [[delegate(ada, "add")], "It is 3."], ada: ["3"] });
    const run = es.team(team).run({ message: "What is 1 + 2?" });
    const events = await collected(run);
    expect(events.some(({ parent_run_id }) => parent_run_id !== undefined)).toBe(true);
    expect(await run.result()).toMatchObject({ status: "COMPLETED", content: "It is 3." });
  });
});

describe("A run that is attached to", () => {
  it("is read from its first event, or behind one", async () => {
    model.next("Hello there");
    const run = es.agent("assistant").run({ message: "Hi" });
    const events = await collected(run);
    const target = { agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId };
    expect(await collected(es.attach(target))).toEqual(events);
    expect(await collected(es.attach(target, { after: 2 }))).toEqual(events.slice(3));
  });

  it("of which nothing is left to read still has its result", async () => {
    model.next("Hello");
    const run = es.agent("assistant").run({ message: "Hi" });
    const events = await collected(run);
    const target = { agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId };
    for (const after of [events.length - 2, events.length - 1]) {
      const late = es.attach(target, { after });
      expect(await late.result()).toMatchObject({ status: "COMPLETED", content: "Hello" });
    }
  });

  it("and does not exist is a 404", async () => {
    const none = es.attach({ agentId: "assistant", runId: newId(), sessionId: newId() });
    await expect(collected(none)).rejects.toMatchObject({ status: 404, code: "run_not_found" });
  });

  it("may be watched while it goes on, and cancelled from there", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const run = es.agent("assistant").run({ message: "Hi" }).start();
    const target = { agentId: "assistant", runId: await run.runId, sessionId: await run.sessionId };
    await point.reached();
    const watched = es.attach(target);
    await watched.cancel();
    point.release();
    expect(await collected(watched)).toEqual(await collected(run));
    expect((await watched.result()).status).toBe("CANCELLED");
  });
});

describe("A pause", () => {
  const wipe = (id: string) => toolCall("wipe", { disk: 1 }, { id });
  const paused = async (agent: string): Promise<RunEnd> => {
    const end = await es.agent(agent).run({ message: "Clean up" }).result();
    expect(end.status).toBe("PAUSED");
    return end;
  };

  it("is answered, each kind with its own verb, and the run goes on", async () => {
    const { agent, ran } = peopleAgent();
    model.next(
      [
        wipe("a"),
        toolCall("wipe", { disk: 2 }, { id: "b" }),
        toolCall("order", { item: "tea" }, { id: "c" }),
        toolCall("sign", { paper: "contract" }, { id: "d" }),
      ],
      "Done.",
    );
    const end = await paused(agent);
    expect(end.requirements.map(({ kind }) => kind)).toEqual([
      "confirmation",
      "confirmation",
      "user_input",
      "external_execution",
    ]);
    const answers = end.answer({ by: "grace" });
    let confirmations = 0;
    for (const asked of end.requirements) {
      if (asked.kind === "confirmation" && confirmations++ === 0) answers.approve(asked, "fine");
      else if (asked.kind === "confirmation") answers.reject(asked, "not that one");
      if (asked.kind === "user_input") answers.fill(asked, { amount: 3 });
      if (asked.kind === "external_execution") answers.give(asked, { signed: true });
    }
    const done = await answers.send().result();
    expect(done).toMatchObject({ status: "COMPLETED", content: "Done.", runId: end.runId });
    expect(ran).toEqual(["wipe 1", "order 3 tea"]);
    const { body } = await call("GET", "/requirements?status=answered&limit=100");
    const stored = body.data.filter(({ run_id }: { run_id: string }) => run_id === end.runId);
    expect(stored.map(({ answered_by }: { answered_by: string }) => answered_by)).toEqual(Array(4).fill("grace"));
  });

  it("keeps open what was left out, which the next pause shows", async () => {
    const { agent, ran } = peopleAgent();
    model.next([wipe("a"), toolCall("wipe", { disk: 2 }, { id: "b" })], "Done.");
    const end = await paused(agent);
    const [first, second] = end.requirements;
    if (first?.kind !== "confirmation" || second === undefined) throw new Error("two confirmations were expected");
    const half = await end.answer().approve(first).send().result();
    expect([half.status, half.requirements.map(({ id }) => id)]).toEqual(["PAUSED", [second.id]]);
    const rest = half.answer().reject(second);
    expect((await rest.send().result({ poll: true })).status).toBe("COMPLETED");
    expect(ran).toEqual(["wipe 1"]);
  });

  it("takes each answer once, of the kind that is asked, for what is open", async () => {
    const { agent } = peopleAgent();
    model.next([wipe("a")]);
    const end = await paused(agent);
    const [asked] = end.requirements;
    if (asked?.kind !== "confirmation") throw new Error("a confirmation was expected");
    const answers = end.answer().approve(asked);
    expect(() => answers.reject(asked)).toThrow("has its answer already");
    expect(() => end.answer().fill(asked as never, {})).toThrow("waits for confirmation, not for user_input");
    expect(() => answers.approve({ id: "other", kind: "confirmation" })).toThrow("does not wait for other");
  });

  it("that is answered twice by the same answers is one continue", async () => {
    const { agent, ran } = peopleAgent();
    model.next([wipe("a")], "Done.");
    const end = await paused(agent);
    const [asked] = end.requirements;
    if (asked?.kind !== "confirmation") throw new Error("a confirmation was expected");
    const answers = end.answer().approve(asked);
    const [first, second] = await Promise.all([collected(answers.send()), collected(answers.send())]);
    expect(first).toEqual(second);
    expect(ran).toEqual(["wipe 1"]);
    expect(() => answers.approve(asked)).toThrow("have been sent");
  });

  it("that somebody else has answered says who, and what", async () => {
    const { agent } = peopleAgent();
    model.next([wipe("a"), toolCall("wipe", { disk: 2 }, { id: "b" })], "Done.");
    const end = await paused(agent);
    const [first, second] = end.requirements;
    if (first?.kind !== "confirmation" || second === undefined) throw new Error("two confirmations were expected");
    await end.answer({ by: "grace" }).approve(first, "mine").send().result();
    const late = await end
      .answer()
      .reject(first)
      .send()
      .result()
      .catch((error: unknown) => error);
    expect(late).toBeInstanceOf(AlreadyAnswered);
    expect(late).toMatchObject({ status: 409, requirements: [{ id: first.id, answered_by: "grace" }] });
    // The same once the run has gone on.
    await end.answer({ by: "linus" }).reject(second).send().result();
    const later = await end
      .answer()
      .reject(first)
      .send()
      .result()
      .catch((error: unknown) => error);
    expect(later).toBeInstanceOf(AlreadyAnswered);
    expect(later).toMatchObject({ requirements: [{ id: first.id, answered_by: "grace", confirmation: true }] });
  });

  it("is found in the list of requirements, and answered from there", async () => {
    const { agent, ran } = peopleAgent();
    model.next([wipe("a")], "Done.");
    const { runId } = await paused(agent);
    for await (const asked of es.requirements.list({ agent_id: agent })) {
      expect(JSON.parse(JSON.stringify(asked))).not.toHaveProperty("run");
      const end = await asked.run.result();
      expect([end.runId, end.status]).toEqual([runId, "PAUSED"]);
      if (asked.kind !== "confirmation") throw new Error("a confirmation was expected");
      expect((await end.answer().approve({ id: asked.id, kind: asked.kind }).send().result()).status).toBe("COMPLETED");
    }
    expect(ran).toEqual(["wipe 1"]);
  });

  it("in the middle of a run is read over, by who attaches later", async () => {
    const { agent } = peopleAgent();
    model.next([wipe("a")], "Done.");
    const end = await paused(agent);
    const [asked] = end.requirements;
    if (asked?.kind !== "confirmation") throw new Error("a confirmation was expected");
    const target = { agentId: agent, runId: end.runId, sessionId: end.sessionId };
    const before = es.attach(target);
    expect(names(await collected(before)).at(-1)).toBe("RunPaused");
    expect((await before.result()).requirements).toEqual(end.requirements);
    const rest = await collected(end.answer().approve(asked).send());
    const all = await collected(es.attach(target));
    expect(names(all)).toContain("RunPaused");
    expect(names(all).at(-1)).toBe("RunCompleted");
    expect(all.slice(-rest.length)).toEqual(rest);
  });
});
