import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agents } from "../../../src/agents/index.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { AGNO_DUMPS, AGNO_PROVIDERS, ofAgent, underNewIds } from "../../support/agno-rows.ts";
import { goOn, type Older, ran } from "../../support/continue.ts";
import { call, newId, run } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, message, sessionLines } from "../../support/portable-lines.ts";
import { modelOf, PLAYED, type Played, playProviders, providerOf } from "../../support/providers/playing.ts";
import {
  type ChatRequest,
  lastUser,
  type Responder,
  type Step,
  scriptModel,
  text,
  toolCall,
} from "../../support/scripted-model.ts";
import { killObjects, runCalls } from "../../support/session-story.ts";
import { asking, delegate, leading, member, runTeam } from "../../support/teams.ts";

const model = scriptModel();

const look = defineTool({
  name: "look",
  description: "Looks.",
  parameters: z.object({ at: z.string() }),
  execute: ({ at }) => `seen ${at}`,
});
const wipe = defineTool({
  name: "wipe",
  description: "Wipes.",
  parameters: z.object({ disk: z.int() }),
  requiresConfirmation: true,
  execute: ({ disk }) => `wiped ${disk}`,
});

/** An agent of the provider's, whose model sees all of a session. */
const agentOf = (provider: Played, fields: Partial<Agent> = {}): string =>
  testAgent({
    instructions: "Work.",
    model: modelOf(provider),
    tools: [look, wipe],
    naming: { after: 0 },
    numHistoryRuns: 50,
    ...fields,
  });

/** An answer with what its provider says beside it. */
function said({ model: id }: ChatRequest, ...steps: Step[]): Step[] {
  const { thinks, signs } = providerOf(id);
  const before: Step = (connection) => thinks && connection.delta(thinks);
  const behind: Step = (connection) => signs && connection.delta({ tool_calls: [{ index: 0, extra_content: signs }] });
  return [before, ...steps, ...(steps.length > 0 ? [behind] : [])];
}

/** How many rounds of tools stand behind the last message of the user's. */
function roundsIn({ messages }: ChatRequest): number {
  const behind = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  return behind.filter((message) => (message.tool_calls?.length ?? 0) > 0).length;
}

/** `look` takes two rounds of two calls each, `wipe` one that waits, `say nothing` is answered with a line break. */
const worker: Responder = (request) => {
  const asked = lastUser(request);
  const rounds = roundsIn(request);
  if (asked.includes("say nothing")) return [text("\n")];
  if (asked.includes("wipe") && rounds === 0) return said(request, toolCall("wipe", { disk: 1 }));
  if (asked.includes("look") && rounds < 2) {
    return said(request, ...["left", "right"].map((at) => toolCall("look", { at: `${at} ${rounds}` })));
  }
  return [...said(request), text("Done.")];
};

const fork = async (session_id: string, agent: string): Promise<string> =>
  (await call("POST", `/agents/${agent}/sessions/${session_id}/fork`)).body.session_id;

/** A run that came to its end with all of its history. */
function ended(body: { status: string }): void {
  expect(body.status, JSON.stringify(body).slice(0, 500)).toBe("COMPLETED");
  expect(body).not.toHaveProperty("history_dropped");
}

/** Exports the session, deletes it, and imports it again. */
async function moved(session_id: string): Promise<void> {
  const lines = await exportOf(session_id);
  await call("DELETE", `/sessions/${session_id}`);
  expect(await importing(lines)).toMatchObject({ complete: true });
}

/** What a server asks for that our adapter fills once it knows: nothing of the history is refused. */
const FOUND_OUT = /reasoning_content|thought_signature/;

describe.each(PLAYED)("with $name", (provider) => {
  it("a session goes on, whatever was done with it", async () => {
    const refused = playProviders(model, worker);
    const agent = agentOf(provider);
    const session_id = newId();
    const at = `agents/${agent}`;
    const says = async (message: string, within = session_id) =>
      ended((await run(message, { session_id: within, agent })).body);

    await says("look around");
    await says("say nothing");
    await says("look once more");

    // A pause, and people who answer when its object is long gone.
    const paused = (await run("wipe it", { session_id, agent })).body;
    expect(paused.status).toBe("PAUSED");
    await killObjects();
    const { tool_call_id } = paused.tools.find(({ tool_name }: { tool_name: string }) => tool_name === "wipe");
    const answers = { tools: [{ tool_call_id, confirmed: true }] };
    const continued: Older = { session_id, run_id: paused.run_id, at };
    ended((await goOn(continued, answers)).body);
    await says("look behind the pause");

    // Another answer, and a run that goes on behind an answer, with and without words.
    const older = await ran("look for another answer", session_id, agent);
    ended((await goOn(older, { fork: true })).body);
    ended((await goOn(older, { fork: true, continue_from: "last_user", input: "and look" })).body);
    ended((await goOn(older, { regenerate: true })).body);

    await says("look in a fork", await fork(session_id, agent));
    await moved(session_id);
    await says("look behind the import");

    // Its tools are gone, all of them, then all that were called.
    const { tools = [] } = agents.get(agent) ?? {};
    Object.assign(agents.get(agent) ?? {}, { tools: [] });
    await says("hello without tools");
    Object.assign(agents.get(agent) ?? {}, { tools: [defineTool({ ...look, name: "new" } as typeof look)] });
    await says("hello with another tool");
    Object.assign(agents.get(agent) ?? {}, { tools });
    await says("look at last");

    expect(refused.filter((words) => !FOUND_OUT.test(words))).toEqual([]);
    // Found out once, and remembered.
    expect(refused.length).toBeLessThanOrEqual(1);
  });

  it("a team delegates, run after run", async () => {
    const settings = modelOf(provider);
    const ada = member("ada", { model: settings, tools: [look] });
    const bob = member("bob", { model: settings });
    const team = leading([ada, bob], { model: settings, numHistoryRuns: 50 });
    const refused = playProviders(model, (request, number) => {
      if (asking(request) !== "leader") return worker(request, number);
      if (roundsIn(request) > 0) return [...said(request), text("Both are done.")];
      return said(request, delegate(ada, "look there"), delegate(bob, "say nothing"));
    });
    const session_id = newId();
    for (const message of ["first", "second", "third"]) ended((await runTeam(team, message, { session_id })).body);
    expect(refused.filter((words) => !FOUND_OUT.test(words))).toEqual([]);
    expect(refused.length).toBeLessThanOrEqual(1);
  });

  it("a session goes on that came from somewhere else", async () => {
    const refused = playProviders(model, worker);
    const agent = agentOf(provider);
    const session_id = newId();
    expect(await importing(asText(strangeLines(session_id, agent)))).toMatchObject({ complete: true });
    ended((await run("look around", { session_id, agent })).body);
    Object.assign(agents.get(agent) ?? {}, { tools: [] });
    ended((await run("hello", { session_id, agent })).body);
    expect(refused.filter((words) => !FOUND_OUT.test(words))).toEqual([]);
  });

  it("sessions go on that came from Agno, whatever its models made of them", async () => {
    const refused = playProviders(model, worker);
    const agent = agentOf(provider);
    const goesOn = async (session_id: string, about: string) => {
      ended((await run("look around", { session_id, agent, user_id: "ada" })).body);
      expect([about, refused.filter((words) => !FOUND_OUT.test(words))]).toEqual([about, []]);
    };
    for (const [version, dump] of AGNO_DUMPS.filter(([version]) => ["2.0.0", "3.1.10"].includes(version))) {
      const { rows, id } = underNewIds(dump);
      expect(await importing(ofAgent(rows, agent))).toMatchObject({ failed: 0, complete: true });
      for (const name of AGNO_PROVIDERS) await goesOn(id(name), `${name} of ${version}`);
    }
    const session_id = newId();
    expect(await importing(asText([orphans(session_id, agent)]))).toMatchObject({ imported: 1, errors: [] });
    await goesOn(session_id, "orphans");
    const request = JSON.stringify(runCalls(model).at(-1)?.body);
    for (const words of ["nobody asked", "once"]) expect(request).toContain(words);
  });
});

/** By hand: calls that nobody answered, results that nobody asked for or that came twice, and calls without ids. */
function orphans(session_id: string, agent_id: string) {
  const at = 1_700_000_000;
  const said = (role: string, content: unknown, more: object = {}) => ({ role, content, created_at: at, ...more });
  const asks = (id: string | null, name: string, args = "{}") => ({
    ...{ id, type: "function", function: { name, arguments: args } },
  });
  const result = (tool_call_id: string | null, content: unknown) =>
    said("tool", content, { tool_call_id, tool_name: "look" });
  const messages = [
    said("user", "q"),
    result("call_0", "before its call"),
    said("assistant", null, { tool_calls: [asks("call_0", "look"), asks("lonely", "look", '{"at":')] }),
    said("assistant", "a"),
    result("unknown", "nobody asked"),
    said("user", "and?"),
    said("assistant", "", { tool_calls: [asks(null, "look"), asks("call_1", "look"), asks("call_1", "look")] }),
    result("call_1", "once"),
    result("call_1", "twice"),
    result("call_1", "thrice"),
    result(null, ""),
    said("assistant", " "),
    said("assistant", null, { tool_calls: [asks("last", "look")] }),
  ];
  const run = { run_id: newId(), agent_id, status: "COMPLETED", created_at: at, messages };
  return { session_id, session_type: "agent", agent_id, user_id: "ada", created_at: at, runs: [run] };
}

it("a session goes on from model to model, there and back", async () => {
  const refused = playProviders(model, worker);
  const agent = agentOf(PLAYED[0] as Played);
  const session_id = newId();
  const models = PLAYED.map(modelOf);
  for (const chosen of [...models, ...models.toReversed()]) {
    Object.assign(agents.get(agent) ?? {}, { model: chosen });
    ended((await run("look around", { session_id, agent })).body);
    await killObjects();
    expect(runCalls(model).at(-1)?.request.model).toBe(chosen.id);
  }
  expect(refused.filter((words) => !FOUND_OUT.test(words))).toEqual([]);
});

/** A session of one run whose messages no provider takes as they are. */
function strangeLines(session_id: string, agent: string) {
  const [session, runLine, asked] = sessionLines(session_id);
  const { run_id } = runLine;
  const made = (id: string, name: string, written: string) => ({ id, name, arguments: written });
  const assistant = (at: number, content: string, tool_calls: unknown[] = []) => ({
    ...message(run_id, at, "assistant", content),
    tool_calls,
  });
  const result = (at: number, tool_call_id: string, content: string) => ({
    ...message(run_id, at, "tool", content),
    ...{ tool_call_id, tool_name: "look", tool_args: null },
  });
  const long = `chatcmpl-tool-${"a".repeat(32)}`;
  const messages = [
    { ...asked, content: "\n" },
    assistant(1, ""),
    assistant(2, "", [made(long, "look", '{"at":'), made("call_1", "made up!", "[1]")]),
    result(3, "call_1", ""),
    result(4, "nobody's", "an orphan"),
    result(5, "call_1", "once more"),
    assistant(6, " ", [made(long, "look", '{"at":"\\ud83d"}')]),
    message(run_id, 7, "user", "one"),
    message(run_id, 8, "user", "two"),
    assistant(9, "three"),
    assistant(10, "four", [made(long, "look", "")]),
  ];
  const counts = { runs: 1, messages: messages.length, requirements: 0 };
  const run = { ...runLine, agent_id: agent, events: undefined };
  return [{ ...session, agent_id: agent }, run, ...messages, { type: "session_end", session_id, counts }];
}
