import { expect, it } from "vitest";
import {
  MAX_PROVIDER_DATA_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_RUN_EVENT_BYTES,
  MAX_RUN_PROVIDER_DATA_BYTES,
} from "../../../src/domain/limits.ts";
import { newId, send } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, type Line, linesOf, message, sessionLines } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { runsOf } from "../../support/session-story.ts";

scriptModel();

/** Imports a session of one run with this log and these answers; what came in is what goes out. */
async function imported(events: unknown[][], answers: Line[]) {
  const sessionId = newId();
  const [session, run, asked] = sessionLines(sessionId);
  const said = answers.map((fields, nth) => ({ ...message(run.run_id, 1 + nth, "assistant", ""), ...fields }));
  const counts = { runs: 1, messages: 1 + said.length };
  const end = { type: "session_end", session_id: sessionId, counts };
  const report = await importing(asText([session, { ...run, events }, asked, ...said, end]));
  return { sessionId, runId: run.run_id, report };
}

const answersIn = async (sessionId: string): Promise<Line[]> =>
  linesOf(await exportOf(sessionId)).filter(({ role }) => role === "assistant");

it("an imported run tells its reasoning as it was told", async () => {
  const events = [
    ["S", 0],
    ["Q", 0],
    ["H", 0, 2, 4],
    ["D", 0, 4],
    ["A", 0],
    ["C", 0],
    ["X", 0],
  ];
  const answer = { content: "Yes.", reasoning_content: "Hm, so" };
  const { sessionId, runId, report } = await imported(events, [answer]);
  expect(report).toMatchObject({ imported: 1, errors: [] });
  const resumed = await send("POST", `/agents/assistant/runs/${runId}/resume`, { session_id: sessionId });
  const told = [...(await resumed.text()).matchAll(/"content":"([^"]*)".*"reasoning_content":"([^"]*)"/g)];
  expect(told.map(([, content, reasoning]) => [content, reasoning])).toEqual([
    ["", "Hm"],
    ["", ", so"],
    ["Yes.", ""],
    ["Yes.", "Hm, so"],
  ]);
  expect((await runsOf(sessionId))[0].reasoning_content).toBe("Hm, so");
  expect(linesOf(await exportOf(sessionId))[1].events).toEqual(events);
});

it("a log tells of reasoning no more than a live run's, and of all else as much as without it", async () => {
  const thought = ["H", 0, 1];
  const most = Math.floor(MAX_REASONING_EVENT_BYTES / 10) - 1;
  const said = ["D", 0, ...new Array(MAX_RUN_EVENT_BYTES / 2 - 10).fill(1)];
  const fits = await imported([...new Array(most).fill(thought), said, ["X", 0]], [{ content: "Yes." }]);
  expect(fits.report).toMatchObject({ imported: 1, errors: [] });
  const { report } = await imported([...new Array(most + 2).fill(thought), ["X", 0]], [{ content: "Yes." }]);
  const problem = `events: must not tell of reasoning in more than ${MAX_REASONING_EVENT_BYTES} bytes`;
  expect(report.errors).toEqual([{ line: 2, message: expect.stringContaining(problem) }]);
});

it("what providers said beside the text comes in as far as a live run would keep it, and without a source not at all", async () => {
  const provider_source = "chat here m";
  const large = "x".repeat(MAX_PROVIDER_DATA_BYTES);
  const fitting = MAX_RUN_PROVIDER_DATA_BYTES / MAX_PROVIDER_DATA_BYTES;
  const { sessionId, report } = await imported(
    [["X", 0]],
    [
      { content: "too large", provider_source, provider_data: `${large}x` },
      { content: "of nobody", provider_data: "{}" },
      ...new Array(fitting).fill({ content: "fits", provider_source, provider_data: large }),
      { content: "too much", provider_source, provider_data: "{}" },
    ],
  );
  expect(report).toMatchObject({ imported: 1, errors: [] });
  const kept = (await answersIn(sessionId)).map((line) => [line.content, line.provider_source, line.provider_data]);
  expect(kept).toEqual([
    ["too large", provider_source, undefined],
    ["of nobody", undefined, undefined],
    ...new Array(fitting).fill(["fits", provider_source, large]),
    ["too much", provider_source, undefined],
  ]);
});

it("token details of messages, runs and sessions come in and go out, and are numbers", async () => {
  const sessionId = newId();
  const [session, run, asked] = sessionLines(sessionId);
  const details = { cache_write_tokens: 3, audio_input_tokens: 4, audio_output_tokens: 5, cost: 0.25 };
  const counts = { input_tokens: 1, output_tokens: 1, total_tokens: 2, reasoning_tokens: 1, cache_read_tokens: 1 };
  const metrics = { ...counts, ...details, details: { model: [{ ...counts, ...details, id: "m", provider: "P" }] } };
  const answer = { ...message(run.run_id, 1, "assistant", "Yes."), usage: { ...counts, ...details } };
  const end = { type: "session_end", session_id: sessionId, counts: { runs: 1, messages: 2 } };
  const lines = (fields: object) => [{ ...session, metrics }, { ...run, metrics, ...fields }, asked, answer, end];
  expect(await importing(asText(lines({})))).toMatchObject({ imported: 1, errors: [] });
  const out = linesOf(await exportOf(sessionId));
  expect([out[0].metrics, out[1].metrics, out[3].usage]).toEqual([metrics, metrics, answer.usage]);
  const wrong = { metrics: { ...metrics, details: { model: [{ ...counts, id: "m", provider: "P", cost: "1" }] } } };
  const report = await importing(asText(lines(wrong)), "?on_conflict=new");
  expect(report.errors).toEqual([{ line: 2, message: expect.stringContaining("metrics.details.model.0.cost") }]);
});
