import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished } from "vitest";
import { teams } from "../../../src/agents/index.ts";
import type { Team } from "../../../src/domain/team.ts";
import { call, newId, run } from "../../support/http.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();

/** A run of two rounds with a tool, which are five messages, and then an answer in words. */
async function sums() {
  model.next([toolCall("add", { a: 1, b: 2 })], [toolCall("add", { a: 3, b: 3 })], `six,\n${"so ".repeat(60)}`);
  const { body } = await run("1 + 2 + 3", { session_id: newId(), agent: "operator", user_id: "ada" });
  const path = `/agents/operator/runs/${body.run_id}`;
  return { output: body, path, checkpoints: `${path}/checkpoints`, query: `?session_id=${body.session_id}` };
}

describe("GET /agents/{agent_id}/runs/{run_id}/checkpoints", () => {
  it("lists every whole round and the end, in AgentOS's shape", async () => {
    const { output, checkpoints, query } = await sums();
    const { run_id, session_id, messages } = output;
    const answer = await call("GET", checkpoints + query);
    expect(answer.status).toBe(200);
    const at = (message_index: number) => ({
      checkpoint_id: String(message_index),
      run_id,
      session_id,
      message_index,
      continue_from: message_index,
      created_at: messages[message_index - 1].created_at,
      message_id: messages[message_index - 1].id,
    });
    const round = { status: "RUNNING", reason: "checkpoint", message_role: "tool", is_latest: false };
    expect(answer.body).toEqual({
      run_id,
      session_id,
      checkpoints: [
        { ...at(4), ...round, message_preview: "3" },
        { ...at(6), ...round, message_preview: "6" },
        {
          ...at(7),
          status: "COMPLETED",
          reason: "end",
          message_role: "assistant",
          message_preview: `${`six, ${"so ".repeat(60)}`.slice(0, 119)}...`,
          is_latest: true,
        },
      ],
    });
  });

  it.each([
    [7, 7, 2],
    [6, 6, 2],
    [5, 4, 1],
    [4, 4, 1],
    [3, 2, 0],
    [0, 0, 0],
  ])("shows the run at %i messages with %i of them and %i tools", async (index, kept, tools) => {
    const { output, checkpoints, query } = await sums();
    const { body } = await call("GET", `${checkpoints}/${index}${query}`);
    expect(body.checkpoint).toMatchObject({
      message_index: index,
      reason: "snapshot",
      is_latest: index === 7,
      message_id: output.messages[index - 1]?.id ?? null,
    });
    const { persisted: _persisted, ...whole } = output;
    expect(body.snapshot).toEqual({
      ...whole,
      messages: output.messages.slice(0, kept),
      tools: output.tools.slice(0, tools),
      last_checkpoint_at_message_index: kept,
    });
  });

  it.each([
    ["8", 400],
    ["-1", 400],
    ["last", 422],
  ])("refuses a number of messages that the run does not have: %s", async (index, status) => {
    const { checkpoints, query } = await sums();
    const answer = await call("GET", `${checkpoints}/${index}${query}`);
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body.detail).toBe("message_index must be between 0 and 7");
  });

  it("has none for a run that waits", async () => {
    const session_id = newId();
    await run("first", { session_id });
    await env.DB.prepare(
      "insert into runs (run_id, session_id, position, waiting, agent_id, status, fence, input, created_at) values (?1, ?2, 1, 1, 'assistant', 'PENDING', 'f', 'x', 1)",
    )
      .bind(`${session_id}-w`, session_id)
      .run();
    const { body } = await call("GET", `/agents/assistant/runs/${session_id}-w/checkpoints?session_id=${session_id}`);
    expect(body).toEqual({ run_id: `${session_id}-w`, session_id, checkpoints: [] });
  });

  it("knows the runs that GET of a run knows", async () => {
    const { output, path, checkpoints, query } = await sums();
    const cases: [string, number, string][] = [
      [`${checkpoints}${query}&user_id=ada`, 200, ""],
      [`${checkpoints}${query}&user_id=bob`, 404, "Run not found"],
      [`${checkpoints}?session_id=${newId()}`, 404, "Run not found"],
      [`/agents/operator/runs/nope/checkpoints${query}`, 404, "Run not found"],
      [`/agents/assistant/runs/${output.run_id}/checkpoints${query}`, 404, "Run not found"],
      [`/agents/nobody/runs/${output.run_id}/checkpoints${query}`, 404, "Agent not found"],
      [`/teams/nobody/runs/${output.run_id}/checkpoints${query}`, 404, "Team not found"],
    ];
    for (const [asked, status, detail] of cases) {
      const [list, one] = [await call("GET", asked), await call("GET", asked.replace("checkpoints", "checkpoints/2"))];
      expect([list.status, one.status], asked).toEqual([status, status]);
      if (status === 404) expect([list.body.detail, one.body.detail], asked).toEqual([detail, detail]);
    }
    expect((await call("GET", `${path}/checkpoints`)).status).toBe(422);
  });

  it("is there for teams' runs too", async () => {
    const team = `test-${newId()}`;
    (teams as Map<string, Team>).set(team, { id: team, name: "Test Team", mode: "coordinate", members: [] });
    onTestFinished(() => void (teams as Map<string, Team>).delete(team));
    const { output, query } = await sums();
    await env.DB.prepare("update runs set agent_id = null, team_id = ? where run_id = ?")
      .bind(team, output.run_id)
      .run();
    const path = `/teams/${team}/runs/${output.run_id}/checkpoints`;
    expect((await call("GET", path + query)).body.checkpoints).toHaveLength(3);
    expect((await call("GET", `${path}/4${query}`)).body.snapshot.messages).toHaveLength(4);
  });
});
