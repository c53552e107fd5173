import { describe, expect, it } from "vitest";
import { KEPT_RUN_INDEXES, MAX_RUN_INDEX, MAX_TOKENS } from "../../../src/domain/limits.ts";
import { call, newId, run } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, sessionLines } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { rowsOf } from "../../support/session-story.ts";

scriptModel();

/** The lines of a session whose one run has this run index. */
function farOut(session_id: string, run_index: number, session: object = {}) {
  const [first, ...lines] = sessionLines(session_id);
  for (const line of lines) if (line.type === "run") line.run_index = run_index;
  return asText([{ ...first, ...session }, ...lines]);
}

async function comesBack(session_id: string): Promise<void> {
  const text = await exportOf(session_id);
  await call("DELETE", `/sessions/${session_id}`);
  const { errors } = await importing(text);
  expect(errors).toEqual([]);
  expect(await exportOf(session_id)).toBe(text);
}

describe("a session that came in with high numbers", () => {
  it("goes on behind the highest run index that there was, and what is written out then comes in again", async () => {
    const session_id = newId();
    expect((await importing(farOut(session_id, 1_000_000_000))).failed).toBe(0);
    expect((await run("more", { session_id })).status).toBe(200);
    await comesBack(session_id);
  });

  it("takes no run where its index, or that of one that waits, would be higher than any may be", async () => {
    const session_id = newId();
    expect((await importing(farOut(session_id, MAX_RUN_INDEX + 1))).failed).toBe(1);
    expect((await importing(farOut(session_id, MAX_RUN_INDEX - KEPT_RUN_INDEXES - 1))).failed).toBe(0);
    const last = await run("the last", { session_id, key: "last" });
    expect(last.status).toBe(200);
    const refused = await run("one more", { session_id });
    expect([refused.status, refused.body.code]).toEqual([400, "bad_request"]);
    expect((await run("the last", { session_id, key: "last" })).body.run_id).toBe(last.body.run_id);
    expect(await rowsOf(session_id)).toMatchObject({ runs: 2 });
    await comesBack(session_id);
  });

  it("counts its changes and its tokens on, and comes in again", async () => {
    const session_id = newId();
    const tokens = MAX_TOKENS;
    const metrics = { input_tokens: tokens, output_tokens: tokens, total_tokens: tokens };
    const model = [{ id: "m", provider: "p", ...metrics }];
    const high = { version: 1_000_000_000, name_version: 1_000_000_000, metrics: { ...metrics, details: { model } } };
    expect((await importing(farOut(session_id, 0, high))).errors).toEqual([]);
    await run("more", { session_id });
    const before = await call("GET", `/sessions/${session_id}`);
    const named = await call("PATCH", `/sessions/${session_id}`, { session_name: "Another" });
    expect(named.headers.get("ETag")).not.toBe(before.headers.get("ETag"));
    expect(named.body.total_tokens).toBe(tokens);
    const text = await exportOf(session_id);
    await call("DELETE", `/sessions/${session_id}`);
    expect((await importing(text)).errors).toEqual([]);
    expect((await call("GET", `/sessions/${session_id}`)).body.session_name).toBe("Another");
  });

  it("has as many first messages in a run as it says, so that what comes behind them has its place", async () => {
    const session_id = newId();
    const lines = sessionLines(session_id);
    for (const line of lines) if (line.type === "run") line.input_messages = 3;
    const report = await importing(asText(lines));
    expect(report.errors).toEqual([{ line: 5, message: expect.stringContaining("input_messages") }]);
    expect(await rowsOf(session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  });
});
