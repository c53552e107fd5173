import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_ANSWERS_BYTES, MAX_RUN_EVENT_BYTES } from "../../../src/domain/limits.ts";
import { newId } from "../../support/http.ts";
import { answer, pausedRun, result } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, type Line, linesOf } from "../../support/portable-lines.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

/* What grows with each answer to a paused run has to stay within its bounds. */

const model = scriptModel();

const signing = async (count: number) => {
  const { agent } = peopleAgent();
  model.next(Array.from({ length: count }, (_, nth) => toolCall("sign", { paper: `${nth}` })));
  return pausedRun("sign", { session_id: newId(), agent });
};

const logBytes = async (run_id: string) =>
  Number(await env.DB.prepare("select length(events) from runs where run_id = ?").bind(run_id).first("length(events)"));

describe("a paused run", () => {
  it("tells what is still open as often as its log has room for, and goes on with all that is left", async () => {
    const paused = await signing(3);
    // Fills the log as many such answers would, with entries that name what was still open.
    const filler = Array.from({ length: 1_340 }, () => `["P",1${",0".repeat(45)}]`).join();
    await env.DB.prepare(
      "update runs set events = substr(events, 1, length(events) - 1) || ',' || ? || ']' where run_id = ?",
    )
      .bind(filler, paused.run_id)
      .run();
    const before = await logBytes(paused.run_id);
    expect(before).toBeGreaterThan(MAX_RUN_EVENT_BYTES / 2 - 10_000);
    const [first, ...rest] = paused.tools;
    const refused = await answer(paused, { tools: [{ ...first, ...result("signed") }] });
    expect([refused.status, refused.body.code]).toEqual([400, "bad_request"]);
    expect(await logBytes(paused.run_id)).toBe(before);
    model.next("All signed.");
    const all = await answer(paused, { tools: [first, ...rest].map((tool) => ({ ...tool, ...result("signed") })) });
    expect(all.body).toMatchObject({ status: "COMPLETED", content: "All signed." });
  });

  it("takes answers up to what whoever reads it can hold", async () => {
    const paused = await signing(12);
    const long = "r".repeat(200_000);
    const some = (from: number, to: number) => ({
      tools: paused.tools.slice(from, to).map((tool) => ({ ...tool, ...result(long) })),
    });
    for (let from = 0; from < 8; from += 4) {
      expect((await answer(paused, some(from, from + 4))).body.status).toBe("PAUSED");
    }
    const refused = await answer(paused, some(8, 12));
    expect([refused.status, refused.body.detail]).toEqual([
      413,
      `What was answered to run ${paused.run_id} is larger than ${MAX_ANSWERS_BYTES} bytes.`,
    ]);
    model.next("Enough.");
    const short = { tools: paused.tools.slice(8).map((tool) => ({ ...tool, ...result("signed") })) };
    expect((await answer(paused, short)).body.status).toBe("COMPLETED");
  });

  it("comes in only where it may still grow by what it goes on with, and be answered", async () => {
    const paused = await signing(1);
    const lines = linesOf(await exportOf(paused.session_id));
    const changed = (type: string, fields: (line: Line) => object) =>
      asText(lines.map((line) => (line.type === type ? { ...line, ...fields(line) } : line)));
    for (const [type, fields] of [
      ["run", { input: "x".repeat(1_500_000) }],
      ["requirement", { tool_args: { paper: "x".repeat(1_500_000) } }],
    ] as const) {
      const report = await importing(
        changed(type, () => fields),
        "?on_conflict=new",
      );
      expect(report.errors).toEqual([{ line: expect.any(Number), message: expect.stringContaining("may grow by") }]);
    }
    for (const name of ["component_data", "metrics", "name_details", "last_message"]) {
      const given = { model: null, prompt_tokens: 0, completion_tokens: 0, attempts: 0, job_id: null };
      const counts = { input_tokens: 1, output_tokens: 1, total_tokens: 1, role: "user", text: "hi", at: 1 };
      const report = await importing(
        changed("session", () => ({ [name]: { ...given, ...counts, more: "x".repeat(200_000) } })),
        "?on_conflict=new",
      );
      expect(report.errors).toEqual([{ line: 1, message: expect.stringContaining(name) }]);
    }
    expect((await importing(asText(lines), "?on_conflict=new")).errors).toEqual([]);
  });
});
