import { describe, expect, it } from "vitest";
import { lateArrival, type Operation, refused, unanswered, watchD1 } from "../../support/d1-faults.ts";
import { call, newId } from "../../support/http.ts";
import { exportOf, importing, NOTHING, rowCounts } from "../../support/portable.ts";
import { asText, type Line, linesOf, requirementLine, sessionLines } from "../../support/portable-lines.ts";
import { gate, scriptModel } from "../../support/scripted-model.ts";

scriptModel();
const d1 = watchD1();

/** D1 takes 1,000 statements of an invocation. */
const D1_STATEMENTS = 1_000;

const writesOf =
  (like: RegExp, sessionId = "") =>
  ({ isBatch, statements }: Operation) =>
    isBatch && statements.some(({ sql, params }) => like.test(sql) && JSON.stringify(params).includes(sessionId));
const adds = (sessionId = "") => writesOf(/^insert into "messages"/, sessionId);
const claims = (sessionId = "") => writesOf(/^insert into "sessions"/, sessionId);
const shows = (sessionId = "") => writesOf(/^update "sessions" set "visibility" = iif/, sessionId);

const ids = (count: number): string[] => Array.from({ length: count }, newId);
const fileOf = (sessionIds: readonly string[], runs = 1): string =>
  sessionIds.map((id) => asText(sessionLines(id, { runs }))).join("");
/** An object indexes its session. */
const indexes = ({ statements: all }: Operation) =>
  all.some(({ sql }) => /^update "sessions" set .*coalesce/.test(sql));

/** How many statements imports sent; those of objects that index sessions are left out. */
const statements = (): number =>
  d1.operations
    .filter(
      ({ isRead, statements: all }) => !isRead || all.some(({ sql }) => /^select "session_id", "fence"/.test(sql)),
    )
    .filter((operation) => !indexes(operation))
    .reduce((sum, { statements: all }) => sum + all.length, 0);

const EACH = { sessions: 1, runs: 1, messages: 2, requirements: 0 };

async function expectWhole(sessionIds: readonly string[]): Promise<void> {
  for (const id of sessionIds) expect(await rowCounts(id)).toEqual(EACH);
}

describe("small sessions", () => {
  it("share their batches: one request has room for 1,000 of ten messages, and for 1,000 that are there", async () => {
    // A tenth of them, so that the objects of a thousand do not index them through all other tests.
    const many = ids(100);
    const text = fileOf(many, 5);
    d1.forget();
    expect(await importing(text)).toMatchObject({ imported: 100, failed: 0, complete: true, next_line: null });
    expect(10 * statements()).toBeLessThan(D1_STATEMENTS / 2);
    d1.forget();
    expect(await importing(text)).toMatchObject({ imported: 0, skipped: 100, complete: true });
    expect(10 * statements()).toBeLessThan(D1_STATEMENTS / 5);
    expect(await rowCounts(many[99] ?? "")).toEqual({ sessions: 1, runs: 5, messages: 10, requirements: 0 });
  });

  it("end the request behind 1,000, so that its report names each", async () => {
    const text = fileOf(ids(1_001), 0);
    const first = await importing(text);
    expect(first).toMatchObject({ imported: 1_000, complete: false, next_line: 2_001 });
    expect(first.sessions).toHaveLength(1_000);
    const rest = text.split("\n").slice(2_000).join("\n");
    expect(await importing(rest)).toMatchObject({ imported: 1, complete: true, next_line: null });
  });

  it("come in with all that they are: tags, metadata, archived ones, what waits for people", async () => {
    const [plain, full] = [newId(), newId()];
    const tag = newId();
    const lines = sessionLines(full);
    const [session, run] = lines;
    lines[0] = { ...session, tags: [tag], metadata: { ticket: tag }, visibility: "archived", archived_at: 2 };
    lines[1] = {
      ...run,
      status: "PAUSED",
      finish_reason: null,
      events: [
        ["S", 0],
        ["P", 0, 0],
      ],
    };
    const asked = requirementLine(run.run_id);
    lines.splice(4, 0, asked);
    lines[5].counts.requirements = 1;
    expect(await importing(asText(lines) + fileOf([plain]))).toMatchObject({ imported: 2, errors: [] });
    for (const filter of [`tags=${tag}`, `metadata=ticket:${tag}`]) {
      const found = (await call("GET", `/sessions?archived=true&${filter}`)).body.data;
      expect(found.map(({ session_id }: Line) => session_id)).toEqual([full]);
    }
    const [, , , , requirement] = linesOf(await exportOf(full));
    expect(requirement).toMatchObject({ requirement_id: asked.requirement_id, status: "open" });
    expect(linesOf(await exportOf(full))[0]).toMatchObject({ visibility: "archived", tags: [tag] });
  });

  it("are found by what was said in them, by their owner and in themselves, once they show", async () => {
    const [one, two] = ids(2) as [string, string];
    const [userId, word] = [newId(), newId().replaceAll("-", "")];
    const lines = [one, two].map((id) => sessionLines(id, { user_id: userId }));
    for (const [, , asked] of lines) asked.content = `where is ${word}`;
    // Of a team's run only what the leader said is found.
    const [, [session, member, , ...rest] = []] = lines;
    const inMember = { ...member, parent_run_id: "leader", parent_call: 0 };
    await importing(asText([...(lines[0] ?? []), session, inMember, lines[1]?.[2], ...rest]));
    const found = async (query: string) =>
      (await call("GET", `/search?q=${word}${query}`)).body.data.map(({ session_id }: Line) => session_id);
    expect(await found(`&user_id=${userId}`)).toEqual([one]);
    expect(await found(`&session_id=${one}`)).toEqual([one]);
    expect(await found("&user_id=other")).toEqual([]);
    expect(d1.operations.filter(indexes)).toEqual([]);
  });

  it("are nobody's until they are shown, and another import leaves them alone", async () => {
    const [one, two] = ids(2) as [string, string];
    const point = gate();
    d1.next(shows(one), async (send) => {
      point.arrivals += 1;
      while (!point.released) await new Promise((resolve) => setTimeout(resolve, 5));
      return send();
    });
    const report = importing(fileOf([one, two]));
    await point.reached();
    expect((await call("GET", `/sessions/${one}`)).status).toBe(404);
    const other = await importing(fileOf([two]));
    expect(other).toMatchObject({ imported: 0, skipped: 1, sessions: [{ busy: true }] });
    point.release();
    expect(await report).toMatchObject({ imported: 2, errors: [] });
    expect((await call("GET", `/sessions/${one}`)).status).toBe(200);
    expect((await importing(fileOf([two]))).sessions[0]).not.toHaveProperty("busy");
  });

  it("are reported in the order of the file, among those that failed or are there", async () => {
    const [one, two, three, four, five] = ids(5) as [string, string, string, string, string];
    await importing(fileOf([four]));
    const broken = sessionLines(two);
    broken[2] = { ...broken[2], role: "poet" };
    const large = sessionLines(three);
    large[2] = { ...large[2], content: "x".repeat(600 * 1024) };
    const report = await importing(fileOf([one]) + asText(broken) + asText(large) + fileOf([four, five]));
    expect(report.sessions.map(({ line, status }: Line) => [line, status])).toEqual([
      [1, "imported"],
      [6, "failed"],
      [11, "imported"],
      [16, "skipped"],
      [21, "imported"],
    ]);
    await expectWhole([one, three, five]);
  });
});

describe("a shared batch", () => {
  it("that holds a run which is there already brings in all other sessions", async () => {
    const [old, ...many] = ids(20) as [string, ...string[]];
    await importing(fileOf([old]));
    const thief = newId();
    const stolen = sessionLines(old).map((line) => (line.session_id ? { ...line, session_id: thief } : line));
    const report = await importing(fileOf(many.slice(0, 7)) + asText(stolen) + fileOf(many.slice(7)));
    expect(report).toMatchObject({ imported: many.length, failed: 1, complete: true });
    expect(report.sessions[7]).toMatchObject({ session_id: thief, status: "failed" });
    expect(report.sessions[7].reason).toContain("is there already");
    expect(await rowCounts(thief)).toEqual(NOTHING);
    await expectWhole([old, ...many]);
  });

  it("that holds one run in two sessions brings in the first of them", async () => {
    const [one, two, three] = ids(3) as [string, string, string];
    const same = sessionLines(one).map((line) => (line.session_id ? { ...line, session_id: two } : line));
    const report = await importing(fileOf([one]) + asText(same) + fileOf([three]));
    expect(report.sessions.map(({ status }: Line) => status)).toEqual(["imported", "failed", "imported"]);
    expect(await rowCounts(two)).toEqual(NOTHING);
    await expectWhole([one, three]);
  });

  it.each([
    ["takes ids", claims],
    ["adds rows", adds],
    ["shows", shows],
  ])("that %s and is refused for one session brings in all others", async (_, batch) => {
    const many = ids(9);
    const [bad = ""] = many.splice(4, 1);
    d1.always(batch(bad), refused());
    const report = await importing(fileOf([...many.slice(0, 4), bad, ...many.slice(4)]));
    d1.heal();
    expect(report).toMatchObject({ imported: 8, failed: 1, complete: true });
    expect(report.sessions[4].reason).toContain("The database refused what the session holds.");
    expect(await rowCounts(bad)).toEqual(NOTHING);
    await expectWhole(many);
  });

  it.each([
    ["takes ids", claims],
    ["adds rows", adds],
    ["shows", shows],
  ])("that %s and whose answer is lost is written once", async (_, batch) => {
    const many = ids(5);
    d1.next(batch(), unanswered());
    expect(await importing(fileOf(many))).toMatchObject({ imported: 5, skipped: 0, errors: [] });
    await expectWhole(many);
  });

  it.each([
    ["takes ids", claims],
    ["adds rows", adds],
    ["shows", shows],
  ])("that %s and never answers ends the import; late it changes nothing, and the file goes on", async (_, batch) => {
    const many = ids(3);
    const text = fileOf(many);
    const late = lateArrival();
    d1.next(batch(), late.fault, 3);
    const report = await importing(text);
    expect(report).toMatchObject({ imported: 0, failed: 3, complete: false, next_line: 1 });
    if (batch !== claims) await late.arrive();
    for (const id of many) expect(await rowCounts(id)).toEqual(NOTHING);
    expect(await importing(text)).toMatchObject({ imported: 3, complete: true });
    await late.arrive();
    await expectWhole(many);
  });

  it("is tried in halves no longer than a request has room; the next one goes on", async () => {
    const olds = ids(200);
    await importing(fileOf(olds));
    const thieves = olds.map((old) => {
      const id = newId();
      return asText(sessionLines(old).map((line) => (line.session_id ? { ...line, session_id: id } : line)));
    });
    const fine = newId();
    const lines = [...thieves, fileOf([fine])].join("");
    const reports: Line[] = [];
    for (let rest = lines; ; ) {
      d1.forget();
      const report = await importing(rest);
      expect(statements()).toBeLessThan(D1_STATEMENTS);
      reports.push(report);
      if (report.complete) break;
      rest = rest
        .split("\n")
        .slice(report.next_line - 1)
        .join("\n");
    }
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.at(-1)).toMatchObject({ imported: 1 });
    for (const old of olds) expect(await rowCounts(old)).toEqual(EACH);
  });

  it("gives new ids to the sessions that are there, and forks name the copies", async () => {
    const [one, two, three] = ids(3) as [string, string, string];
    const fork = sessionLines(two);
    fork[0] = { ...fork[0], forked_from_session_id: one };
    const text = fileOf([one]) + asText(fork) + fileOf([three]);
    expect(await importing(text)).toMatchObject({ imported: 3 });
    const report = await importing(text, "?on_conflict=new");
    expect(report).toMatchObject({ imported: 3, skipped: 0, failed: 0 });
    const copies = report.sessions.map(({ new_session_id }: Line) => new_session_id);
    await expectWhole([...copies, one, two, three]);
    expect(linesOf(await exportOf(copies[1]))[0].forked_from_session_id).toBe(copies[0]);
  });
});

describe("more of the file that follows", () => {
  it("has a session begin anew whose end is missing", async () => {
    const [one, two] = ids(2) as [string, string];
    const lines = (fileOf([one]) + fileOf([two], 3)).split("\n");
    for (const cut of [1, 3, 4]) {
      const head = await importing(lines.slice(0, 5 + cut).join("\n"), "?more=true");
      expect(head).toMatchObject({ failed: 0, complete: false, next_line: 6, errors: [] });
      expect(await rowCounts(two)).toEqual(NOTHING);
    }
    expect(await importing(lines.slice(5).join("\n"), "?more=true")).toMatchObject({ imported: 1, complete: true });
  });

  it("is not waited for behind the end of a session, be it a broken one", async () => {
    const broken = sessionLines(newId());
    broken[2] = { ...broken[2], role: "poet" };
    const whole = await importing(asText(broken), "?more=true");
    expect(whole).toMatchObject({ failed: 1, complete: true, next_line: null });
    const cut = await importing(asText(broken.slice(0, 3)), "?more=true");
    expect(cut).toMatchObject({ failed: 1, complete: false, next_line: 1 });
  });

  it("leaves the last session of Agno's to it, whose runs may not all have come", async () => {
    const session = { session_id: newId(), session_type: "agent", agent_id: "assistant", created_at: 1_700_000_000 };
    const run = {
      run_id: newId(),
      session_id: session.session_id,
      run_data: { status: "COMPLETED", agent_id: "assistant", messages: [{ role: "user", content: "hi" }] },
    };
    const text = asText([session, run]);
    expect(await importing(text, "?more=true")).toMatchObject({ imported: 0, complete: false, next_line: 1 });
    expect(await importing(text)).toMatchObject({ imported: 1, complete: true });
  });
});

describe("a file with nothing of ours in it", () => {
  it.each([
    ["no JSON", "a,b\n1,2\n", "Line 1: The line is no JSON"],
    ["JSON of something else", '{"a":1}\n{"b":2}\n', "Line 1: The line is neither one of an export"],
    ["lines of kinds that there are not", '{"type":"event"}\n', "Line 1: type: there is no such kind of line."],
  ])("is refused: %s", async (_, text, problem) => {
    const answer = await call("POST", "/import", text, { "Content-Type": "application/x-ndjson" });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatchObject([{ loc: ["body"] }]);
    expect(answer.body.detail[0].msg).toContain(problem);
  });

  it("is none that has a line of ours, though a wrong one, and none that has an end alone", async () => {
    const id = newId();
    expect(await importing(`x\n${JSON.stringify({ type: "session", session_id: id })}\n`)).toMatchObject({ failed: 1 });
    expect(await importing('{"type":"end"}\n')).toMatchObject({ complete: true, errors: [] });
    expect(await importing("\n \n")).toMatchObject({ complete: true, errors: [] });
  });
});
