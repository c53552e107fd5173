import { describe, expect, it } from "vitest";
import type { FilePart, Source } from "../../../../scripts/portable/file-parts.ts";
import { FileImport, type Job, nothingIn, type Progress, type Why } from "../../../../scripts/portable/import-file.ts";
import { noCounts, type Report } from "../../../../scripts/portable/tally.ts";

const MB = 1024 * 1024;

function sourceOf(text: string): Source {
  const bytes = new TextEncoder().encode(text);
  return { size: bytes.length, read: async (offset, length) => bytes.slice(offset, offset + length) };
}

const start = (): Progress => ({ place: { line: 1, offset: 0 }, counts: noCounts() });
const report = (rest: Partial<Report> = {}): Report => ({
  sessions: [],
  errors: [],
  complete: true,
  next_line: null,
  ...rest,
});

/** Imports a text with a server that answers so, one after the other. */
async function imported(
  text: string,
  answers: ((part: FilePart, isRest: boolean) => Report)[],
  stop = { isAsked: false },
) {
  const sent: string[] = [];
  const waits: [Why, number | undefined][] = [];
  const kept: Progress[] = [];
  const job: Job = {
    source: sourceOf(text),
    async send(part, isRest) {
      sent.push(new TextDecoder().decode(part.bytes));
      const answer = answers[sent.length - 1];
      if (answer === undefined) throw new Error("asked too often");
      return answer(part, isRest);
    },
    async wait(why, seconds) {
      waits.push([why, seconds]);
      if (seconds === undefined) throw new Error("no way");
    },
    keep: (progress) => void kept.push(structuredClone(progress)),
  };
  const importing = new FileImport(job, start(), stop);
  const isWhole = await importing.run();
  return { sent, waits, kept, isWhole, counts: importing.counts };
}

const session = (line: number) => ({ session_id: `s${line}`, status: "imported" as const, line });

describe("a file that is imported", () => {
  it("is sent on from where a request stopped", async () => {
    const { sent, counts, isWhole } = await imported("a\nb\nc\n", [
      () => report({ sessions: [session(1)], complete: false, next_line: 2 }),
      () => report({ sessions: [session(1), session(2)] }),
    ]);
    expect(sent).toEqual(["a\nb\nc\n", "b\nc\n"]);
    expect([isWhole, counts.imported]).toEqual([true, 3]);
  });

  it("is sent in parts of whole lines", async () => {
    const line = `${"x".repeat(MB)}\n`;
    const { sent } = await imported(line.repeat(5), [() => report(), () => report()]);
    expect(sent.map((part) => part.length)).toEqual([3 * (MB + 1), 2 * (MB + 1)]);
  });

  it("has a larger part where one holds no whole session, up to what a request may be", async () => {
    const line = `${"x".repeat(MB)}\n`;
    const { sent } = await imported(line.repeat(9), [
      () => report({ complete: false, next_line: 1 }),
      () => report({ sessions: [session(1)] }),
      () => report(),
    ]);
    expect(sent.map((part) => Math.floor(part.length / MB))).toEqual([3, 7, 2]);
  });

  it("waits where another import writes a session, and goes on with that one", async () => {
    const busy = { session_id: "b", status: "skipped" as const, busy: true, line: 2 };
    const { sent, waits, counts } = await imported("a\nb\nc\n", [
      () => report({ sessions: [session(1), busy, session(3)] }),
      () => report({ sessions: [session(1), session(2)] }),
    ]);
    expect(waits).toEqual([[{ kind: "busy", line: 2 }, 15]]);
    expect(sent[1]).toBe("b\nc\n");
    expect(counts).toMatchObject({ imported: 3, skipped: 0, failed: 0 });
  });

  it("waits longer and longer where nothing comes in, and gives up then", async () => {
    const stuck = () =>
      report({ sessions: [{ ...session(1), status: "failed", reason: "no room" }], complete: false, next_line: 1 });
    const failed = imported("a\nb\n", new Array(6).fill(stuck));
    await expect(failed).rejects.toThrow("no way");
  });

  it("may end with lines of something else", async () => {
    const { counts } = await imported("a\n\nrest\n", [
      (_, isRest) => {
        expect(isRest).toBe(false);
        return report({ sessions: [session(1)], complete: false, next_line: 3 });
      },
      (_, isRest) => {
        expect(isRest).toBe(true);
        return nothingIn("is none of ours");
      },
    ]);
    expect(counts.problems).toEqual([{ line: 3, text: "is none of ours" }]);
  });

  it("stops behind the request that is under way, and says how far it came", async () => {
    const stop = { isAsked: false };
    const { kept, isWhole } = await imported(
      "a\nb\n",
      [
        () => {
          stop.isAsked = true;
          return report({ sessions: [session(1)], complete: false, next_line: 2 });
        },
      ],
      stop,
    );
    expect(isWhole).toBe(false);
    expect(kept.at(-1)).toMatchObject({ place: { line: 2, offset: 2 }, counts: { imported: 1 } });
  });
});
