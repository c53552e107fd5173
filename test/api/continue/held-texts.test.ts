import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { call, newId, run } from "../../support/http.ts";
import { answer, ask, confirmed, pausedRun, requirements } from "../../support/paused-runs.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();

const systemRows = async (sessionId: string) => {
  const sql =
    "select content, system_text is not null as shared from messages where session_id = ? and role = 'system' order by run_index";
  return (await env.DB.prepare(sql).bind(sessionId).all()).results;
};
const SHARED = { content: "", shared: 1 };
const HELD = { content: "Be brief.", shared: 0 };

it("a run that has paused holds its system text itself, where a Worker that knows no shared texts finds it", async () => {
  const agent = testAgent({ instructions: "Be brief.", tools: [ask] });
  const session_id = newId();
  await run("first", { agent, session_id });
  model.next([toolCall("ask", {})]);
  const paused = await pausedRun("second", { agent, session_id });
  expect(await systemRows(session_id)).toEqual([SHARED, HELD]);
  const systems = async () => {
    const { body } = await call("GET", `/sessions/${session_id}/messages?limit=100`);
    return body.data
      .filter(({ role }: { role: string }) => role === "system")
      .map((one: { content: string }) => one.content);
  };
  expect(await systems()).toEqual(["Be brief."]);
  expect((await answer(paused, requirements(paused, confirmed))).body.status).toBe("COMPLETED");
  expect(model.callsWith("done")[0]?.request.messages[0]).toMatchObject({ role: "system", content: "Be brief." });
  await run("third", { agent, session_id });
  expect(await systemRows(session_id)).toEqual([SHARED, HELD, SHARED]);
  expect(await systems()).toEqual(["Be brief."]);
});

it("such a run is forked, written out and taken in with its text", async () => {
  const agent = testAgent({ instructions: "Be brief.", tools: [ask] });
  const session_id = newId();
  model.next([toolCall("ask", {})]);
  await pausedRun("only", { agent, session_id });
  const { body } = await call("POST", `/agents/${agent}/sessions/${session_id}/fork`);
  expect(await systemRows(body.session_id)).toEqual([HELD]);
  const written = await exportOf(session_id);
  expect(written).toContain('"content":"Be brief."');
  await call("DELETE", `/sessions/${session_id}`);
  expect(await importing(written)).toMatchObject({ imported: 1, failed: 0 });
  expect(await exportOf(session_id)).toBe(written);
});
