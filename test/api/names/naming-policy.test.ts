import { describe, expect, it } from "vitest";
import type { Session } from "../../../src/domain/session.ts";
import { testAgent } from "../../support/agents.ts";
import { call, newId, run } from "../../support/http.ts";
import { fail, gate, hold, isNaming, scriptModel, text, until } from "../../support/scripted-model.ts";

const model = scriptModel();

const nameOf = async (id: string) => (await call("GET", `/sessions/${id}/name`)).body;
const rename = (id: string, body: unknown) => call("POST", `/sessions/${id}/rename`, body);
const namings = (part: string) => model.callsWith(part).filter(({ request }) => isNaming(request));

/** Polls until the name is as expected, because naming comes out of band. */
async function untilNamed(id: string, expected: object): Promise<void> {
  await expect.poll(async () => nameOf(id), { timeout: 4_000, interval: 20 }).toMatchObject(expected);
}
/** Waits about as long as a name out of band takes, before a test says that none came. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

describe("a session is named by itself", () => {
  it("after its second completed run, and never again once it has a name of the model's", async () => {
    const [session_id, mark] = [newId(), newId()];
    await run(mark, { session_id });
    await settle();
    expect(namings(mark)).toHaveLength(0);
    model.nextNames("Named At Two");
    await run("two", { session_id });
    await untilNamed(session_id, { session_name: "Named At Two", source: "generated", version: 1 });
    for (const message of ["three", "four"]) await run(message, { session_id });
    await settle();
    expect(namings(mark)).toHaveLength(1);
  });

  it("at N, 2N and 4N while it has no better name than a fallback", async () => {
    const agent = testAgent({ naming: { after: 1 } });
    const [session_id, mark] = [newId(), newId()];
    model.nextNames(...Array.from({ length: 4 }, () => [fail(400)]), "At Last");
    const expected = [
      { calls: 2, version: 1, source: "fallback", session_name: mark },
      { calls: 4, version: 2, source: "fallback", session_name: mark },
      { calls: 4, version: 2, source: "fallback", session_name: mark },
      { calls: 5, version: 3, source: "generated", session_name: "At Last" },
      { calls: 5, version: 3, source: "generated", session_name: "At Last" },
    ];
    for (const [nth, { calls, ...name }] of expected.entries()) {
      await run(nth === 0 ? mark : `run ${nth}`, { session_id, agent });
      await untilNamed(session_id, name);
      await settle();
      expect([nth, namings(mark).length]).toEqual([nth, calls]);
    }
    expect(await nameOf(session_id)).toMatchObject({ session_name: "At Last", source: "generated" });
  });

  it("never over a name given by hand, and again once that is taken away", async () => {
    const agent = testAgent({ naming: { after: 1 } });
    const [session_id, mark] = [newId(), newId()];
    await call("POST", "/sessions", { session_id, session_name: "By hand", agent_id: agent });
    await run(mark, { session_id, agent });
    await settle();
    expect(namings(mark)).toHaveLength(0);
    await rename(session_id, { session_name: "" });
    model.nextNames("By Model");
    await run("two", { session_id, agent });
    await untilNamed(session_id, { session_name: "By Model", source: "generated" });
  });

  it("never where that is off", async () => {
    const agent = testAgent({ naming: { after: 0 } });
    const [session_id, mark] = [newId(), newId()];
    for (const message of [mark, "two", "three", "four"]) await run(message, { session_id, agent });
    await settle();
    expect(namings(mark)).toHaveLength(0);
    expect(await nameOf(session_id)).toMatchObject({ display_name: mark, source: null });
  });

  it("by completed runs only", async () => {
    const [session_id, mark] = [newId(), newId()];
    await run(mark, { session_id });
    for (const _ of [1, 2]) {
      model.next([fail(403)]);
      expect((await run("breaks", { session_id })).body.status).toBe("ERROR");
    }
    await settle();
    expect(namings(mark)).toHaveLength(0);
    await run("second that completes", { session_id });
    await untilNamed(session_id, { source: "generated" });
  });

  it("without delaying or changing a run, and gives way to a name that came first", async () => {
    const [session_id, mark] = [newId(), newId()];
    const point = gate();
    await run(mark, { session_id });
    model.nextNames([hold(point), text("Too Late")]);
    expect((await run("two", { session_id })).body.status).toBe("COMPLETED");
    await until(() => namings(mark).length === 1, "the naming call");
    expect((await run("three", { session_id })).body).toMatchObject({ status: "COMPLETED", content: "echo: three" });
    await rename(session_id, { session_name: "First" });
    point.release();
    await settle();
    expect(await nameOf(session_id)).toMatchObject({ session_name: "First", source: "manual", version: 1 });
  });

  it("without a word to a run's reader when the model fails", async () => {
    const [session_id, mark] = [newId(), newId()];
    await run(mark, { session_id });
    model.nextNames([fail(400)], [fail(400)]);
    expect((await run("two", { session_id })).body.status).toBe("COMPLETED");
    await untilNamed(session_id, { session_name: mark, source: "fallback" });
  });
});

describe("the agent's guardrail", () => {
  const accepting = (accept: (name: string, session: Session) => string | null | Promise<string | null>) =>
    testAgent({ naming: { after: 0, accept } });
  const sessionOf = async (agent_id: string, fields: object = {}) =>
    (await call("POST", "/sessions", { agent_id, ...fields })).body.session_id as string;

  it("sees every name of a person or a model with the session's row, never an empty one or a fallback", async () => {
    const seen: [string, string | null][] = [];
    const rows: Session[] = [];
    const agent = accepting((name, session) => {
      seen.push([name, session.name]);
      rows.push(session);
      return name;
    });
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: agent, session_name: " Created ", metadata: { m: 1 } });
    await run("hello", { session_id, agent });
    await rename(session_id, { session_name: "Renamed" });
    await call("PATCH", `/sessions/${session_id}`, { session_name: "Patched", session_state: { k: 1 } });
    await rename(session_id, { session_name: "" });
    model.nextNames("Generated Name", [fail(400)], [fail(400)]);
    await rename(session_id, { autogenerate: true });
    await rename(session_id, { autogenerate: true, fallback: "Fallback" });
    expect(seen.map(([name]) => name)).toEqual(["Created", "Renamed", "Patched", "Generated Name"]);
    expect(seen.slice(1).map(([, before]) => before)).toEqual(["Created", "Renamed", null]);
    for (const row of rows) {
      expect(row).toMatchObject({ sessionId: session_id, agentId: agent, metadata: { m: 1 } });
      expect(row).not.toHaveProperty("runs");
    }
    expect(await nameOf(session_id)).toMatchObject({ session_name: "Fallback", source: "fallback" });
  });

  it("may change the name, at once or later, and what it makes of it is trimmed", async () => {
    for (const accept of [(name: string) => ` ${name}! `, async (name: string) => `${name}!`]) {
      const agent = accepting(accept);
      const session_id = await sessionOf(agent, { session_name: "Created" });
      expect(await nameOf(session_id)).toMatchObject({ session_name: "Created!", source: "manual" });
      expect((await rename(session_id, { session_name: "Given" })).body.session_name).toBe("Given!");
      await run("hello", { session_id, agent });
      model.nextNames("Whale Facts");
      await rename(session_id, { autogenerate: true });
      expect(await nameOf(session_id)).toMatchObject({ session_name: "Whale Facts!", source: "generated" });
    }
  });

  it.each<[string, () => unknown]>([
    ["answers null", () => null],
    ["answers null later", async () => null],
    [
      "throws",
      () => {
        throw new Error("secret reason");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret reason"))],
    ["answers nothing", () => undefined],
    ["answers an empty name", () => "  "],
    ["answers what is no text", () => 7],
    ["answers a name that is too long", () => "x".repeat(201)],
    ["answers a name with a control character", () => "a\u202eb"],
  ])("refuses a name when it %s: 422 by hand, the fallback by model", async (_how, accept) => {
    let isStrict = false;
    const agent = accepting((name) => (isStrict ? (accept() as string) : name));
    const session_id = await sessionOf(agent, { session_name: "Before" });
    await run("first words", { session_id, agent });
    isStrict = true;
    const answers = [
      await rename(session_id, { session_name: "Given" }),
      await call("PATCH", `/sessions/${session_id}`, { session_name: "Given", session_state: { k: 1 } }),
      await call("POST", "/sessions", { agent_id: agent, session_name: "Given" }),
    ];
    for (const { status, body } of answers) {
      expect([status, body]).toMatchObject([
        422,
        { code: "name_refused", detail: [{ loc: ["body", "session_name"] }] },
      ]);
      expect(JSON.stringify(body)).not.toContain("secret reason");
    }
    expect((await call("GET", `/sessions/${session_id}`)).body).toMatchObject({
      session_name: "Before",
      session_state: {},
    });
    model.nextNames("Whale Facts");
    expect((await rename(session_id, { autogenerate: true })).status).toBe(200);
    expect(await nameOf(session_id)).toMatchObject({ session_name: "first words", source: "fallback", version: 2 });
  });

  it("holds a generated name that it changed to the limits of generated names", async () => {
    const agent = accepting(() => "one two three four five six seven");
    const session_id = newId();
    await run("first words", { session_id, agent });
    model.nextNames("Whale Facts");
    await rename(session_id, { autogenerate: true });
    expect(await nameOf(session_id)).toMatchObject({ session_name: "first words", source: "fallback" });
    expect((await rename(session_id, { session_name: "x" })).body.session_name).toBe(
      "one two three four five six seven",
    );
  });

  it("cannot change the session by changing what it was shown", async () => {
    const agent = accepting((name, session) => {
      session.name = "hijacked";
      session.state = { hijacked: true };
      return name;
    });
    const session_id = await sessionOf(agent, { session_state: { k: 1 } });
    await rename(session_id, { session_name: "Given" });
    expect((await call("GET", `/sessions/${session_id}`)).body).toMatchObject({
      session_name: "Given",
      session_state: { k: 1 },
    });
  });

  it("is that of the session's own agent, whichever runs in it", async () => {
    const strict = accepting(() => null);
    const session_id = newId();
    await run("one", { session_id });
    await run("two", { session_id, agent: strict });
    expect((await rename(session_id, { session_name: "Free" })).status).toBe(200);
  });
});
