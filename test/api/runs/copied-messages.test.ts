import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  MAX_MESSAGE_BYTES,
  MAX_PREFIX_BYTES,
  MAX_PREFIX_MESSAGES,
  MAX_QUOTED_BYTES,
} from "../../../src/domain/limits.ts";
import { goOn, type Older, ran } from "../../support/continue.ts";
import { call, newId } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, linesOf, message, sessionLines } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { runCalls } from "../../support/session-story.ts";

/* The prefixes of runs that are made from one another. In a long chain of runs they must stay within bounds. */

const model = scriptModel();

const lastSystem = () =>
  runCalls(model)
    .at(-1)
    ?.request.messages.find(({ role }) => role === "system")?.content;

/** Makes a chain of runs, each from the run that the step before it made; answers the last one. */
async function chain(first: Older, steps: object[]): Promise<Older> {
  let older = first;
  for (const fields of steps) {
    const { body } = await goOn(older, fields);
    expect([body.status, body.detail]).toEqual(["COMPLETED", undefined]);
    older = { ...older, run_id: body.run_id };
  }
  return older;
}

const again = (additional_instructions?: string) => ({
  regenerate: true,
  ...(additional_instructions !== undefined && { additional_instructions }),
});

async function largestMessage(sessionId: string): Promise<number> {
  const row = await env.DB.prepare("select max(octet_length(content)) as bytes from messages where session_id = ?")
    .bind(sessionId)
    .first<{ bytes: number }>();
  return row?.bytes ?? 0;
}

describe("instructions of a regenerate", () => {
  it("replace those of the regenerate before it, however often", async () => {
    const first = await ran("older", newId());
    const told = lastSystem();
    const text = "x".repeat(MAX_MESSAGE_BYTES - 2);
    await chain(first, [again(`a ${text}`), again(`b ${text}`), again(`c ${text}`)]);
    expect(lastSystem()).toBe(`${told}\nc ${text}`);
    expect(await largestMessage(first.session_id)).toBeLessThan(MAX_MESSAGE_BYTES + 1_000);
  });

  it("stay where none are given, and are replaced behind that, behind a fork of the run and of the session", async () => {
    const first = await ran("older", newId());
    const told = lastSystem();
    const kept = await chain(first, [again("Be brief."), again(), { fork: true }]);
    expect(lastSystem()).toBe(`${told}\nBe brief.`);
    const forked = await call("POST", `/agents/assistant/sessions/${first.session_id}/fork`);
    const copies = (await call("GET", `/sessions/${forked.body.session_id}/runs`)).body;
    const copy = copies.find(({ forked_from_run_id }: { forked_from_run_id: string }) => {
      return forked_from_run_id === kept.run_id;
    });
    for (const run of [kept, { ...forked.body, run_id: copy.run_id }]) {
      await chain(run, [again("Be\u0000 long.")]);
      expect(lastSystem()).toBe(`${told}\nBe\u0000 long.`);
    }
  });

  it("are all that an agent is told that has nothing to say itself, and come back from an export", async () => {
    const session_id = newId();
    await importing(asText(sessionLines(session_id)));
    const first = { session_id, run_id: `${session_id}-run-0` };
    await chain(first, [again("One."), again("Two.")]);
    expect(lastSystem()).toBe("Two.");
    const text = await exportOf(session_id);
    await call("DELETE", `/sessions/${session_id}`);
    expect((await importing(text)).failed).toBe(0);
    expect(await exportOf(session_id)).toBe(text);
    const last = linesOf(text).findLast(({ type }) => type === "run");
    await chain({ session_id, run_id: last.run_id }, [again("Three.")]);
    expect(lastSystem()).toBe("Three.");
  });

  it("are refused where the system message would be larger than a row may be", async () => {
    const session_id = newId();
    const lines = sessionLines(session_id);
    const [run] = lines.filter(({ type }) => type === "run");
    run.input_messages = 2;
    const messages = lines.filter(({ type }) => type === "message");
    for (const one of messages) one.message_index += 1;
    messages[0].message_id = "moved";
    messages[1].message_id = "moved too";
    const [session, , ...rest] = lines;
    rest.at(-1).counts.messages += 1;
    const system = message(run.run_id, 0, "system", "s".repeat(1_800_000));
    expect((await importing(asText([session, run, system, ...rest]))).failed).toBe(0);
    const answer = await goOn({ session_id, run_id: run.run_id }, again("x".repeat(MAX_MESSAGE_BYTES)));
    expect([answer.status, answer.body.code]).toEqual([413, "payload_too_large"]);
    await chain({ session_id, run_id: run.run_id }, [again()]);
  });
});

describe("prefixes of runs that are made from one another", () => {
  it("are bounded in bytes: more is refused, before anything is written, and fewer are taken", async () => {
    const session_id = newId();
    const lines = sessionLines(session_id);
    const run = `${session_id}-run-0`;
    const end = lines.pop();
    const more = Array.from({ length: 5 }, (_, nth) =>
      message(run, 2 + nth, nth % 2 === 0 ? "user" : "assistant", "é".repeat(500_000)),
    );
    end.counts.messages += more.length;
    expect((await importing(asText([...lines, ...more, end]))).failed).toBe(0);
    const older = { session_id, run_id: run };
    const before = await exportOf(session_id);
    for (const fields of [{ fork: true }, { continue_from: "7" }, { regenerate: true }]) {
      const answer = await goOn(older, fields);
      expect([answer.status, answer.body.code]).toEqual([413, "payload_too_large"]);
      expect(answer.body.detail).toContain(String(MAX_PREFIX_BYTES));
    }
    expect(await exportOf(session_id)).toBe(before);
    await chain(older, [{ continue_from: "5", input: "and" }]);
    const text = await exportOf(session_id);
    expect((await importing(text, "?on_conflict=new")).failed).toBe(0);
  });

  it("are bounded in number", async () => {
    const session_id = newId();
    const lines = sessionLines(session_id);
    const run = `${session_id}-run-0`;
    const end = lines.pop();
    const more = Array.from({ length: MAX_PREFIX_MESSAGES }, (_, nth) => message(run, 2 + nth, "user", "more"));
    end.counts.messages += more.length;
    expect((await importing(asText([...lines, ...more, end]))).failed).toBe(0);
    const older = { session_id, run_id: run };
    const answer = await goOn(older, { fork: true });
    expect([answer.status, answer.body.code]).toEqual([413, "payload_too_large"]);
    await chain(older, [{ continue_from: String(MAX_PREFIX_MESSAGES) }]);
  });

  it("and what is said behind them are counted as the database has them", async () => {
    const first = await ran("older", newId());
    const control = "\u0001".repeat(MAX_MESSAGE_BYTES);
    for (const [flag, field] of [
      ["fork", "input"],
      ["regenerate", "additional_instructions"],
    ] as const) {
      // A form, because as JSON this text alone is larger than a body may be.
      const { session_id, run_id } = first;
      const form = new URLSearchParams({ session_id, stream: "false", [flag]: "true", [field]: control });
      const { status, body } = await call("POST", `/agents/assistant/runs/${run_id}/continue`, form);
      expect([status, body.detail]).toEqual([413, `${field} as JSON is larger than ${MAX_QUOTED_BYTES} bytes.`]);
    }
    await chain(first, [{ fork: true, input: `x${"\n".repeat(MAX_QUOTED_BYTES / 2 - 8)}` }]);
  });
});
