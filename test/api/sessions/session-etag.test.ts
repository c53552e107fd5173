import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Fault, heldAfter, patches, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { type Answer, call, newId, run } from "../../support/http.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";

const model = scriptModel();
const d1 = watchD1();

const etagOf = (answer: Answer) => answer.headers.get("ETag") ?? "";
const read = (id: string) => call("GET", `/sessions/${id}`);
const patch = (id: string, body: unknown, ifMatch?: string) =>
  call("PATCH", `/sessions/${id}`, body, ifMatch === undefined ? {} : { "If-Match": ifMatch });
const rename = (id: string, body: unknown, ifMatch?: string) =>
  call("POST", `/sessions/${id}/rename`, body, ifMatch === undefined ? {} : { "If-Match": ifMatch });

async function created(fields: Record<string, unknown> = {}): Promise<string> {
  return (await call("POST", "/sessions", fields)).body.session_id;
}

/** Changes the state in D1 as the settle of a run does, but not in line with changes by callers. */
const settleState = (id: string, state: object, updatedAt = 0) =>
  env.DB.prepare(
    "update sessions set session_state = ?, version = version + 1, updated_at = max(updated_at, ?) where session_id = ?",
  )
    .bind(JSON.stringify(state), updatedAt, id)
    .run();

describe("the ETag of a session", () => {
  it("is a strong one, told alike by every answer that shows the session, and not to be made weak on the way", async () => {
    const answer = await call("POST", "/sessions", { session_state: { a: 1 } });
    const id = answer.body.session_id;
    expect(etagOf(answer)).toMatch(/^"[0-9a-z]+-0"$/);
    expect(etagOf(await read(id))).toBe(etagOf(answer));
    for (const change of [await patch(id, { metadata: { m: 1 } }), await rename(id, { session_name: "n" })]) {
      expect(etagOf(change)).toMatch(/^"[0-9a-z]+-[12]"$/);
      expect(change.headers.get("Cache-Control")).toContain("no-transform");
    }
    expect(etagOf(await call("GET", `/sessions/${id}/name`))).toBe(etagOf(await read(id)));
  });

  it.each([
    ["a name", { session_name: "Named" }],
    ["a name taken away", { session_name: "" }],
    ["the state", { session_state: { b: 2 } }],
    ["metadata", { metadata: { b: 2 } }],
    ["the summary", { summary: { summary: "Short" } }],
    ["all at once", { session_name: "N", session_state: {}, metadata: {}, summary: { summary: "S" } }],
  ])("changes once with %s", async (_case, body) => {
    const id = await created({ session_name: "Before" });
    const before = etagOf(await read(id));
    const after = etagOf(await patch(id, body));
    expect(after).toBe(before.replace("-0", "-1"));
    expect(etagOf(await read(id))).toBe(after);
  });

  it("changes with a name by the model, asked for or not", async () => {
    const id = newId();
    await run("hello", { session_id: id });
    const first = etagOf(await read(id));
    model.nextNames("About Whales");
    const named = await rename(id, { autogenerate: true });
    expect([named.body.session_name, etagOf(named) === first]).toEqual(["About Whales", false]);
    await rename(id, { session_name: "" });
    const unnamed = etagOf(await read(id));
    model.nextNames("By Itself");
    await run("again", { session_id: id });
    await expect.poll(async () => (await read(id)).body.session_name).toBe("By Itself");
    expect(etagOf(await read(id))).not.toBe(unnamed);
  });

  it("does not change with runs, nor with a change of nothing", async () => {
    const id = await created({ session_name: "Named, so that no model does it" });
    const before = etagOf(await read(id));
    for (const said of ["one", "two"]) await run(said, { session_id: id });
    expect((await read(id)).body.chat_history_total).toBe(4);
    const empty = await patch(id, { session_name: null, metadata: null }, before);
    expect([empty.status, etagOf(empty)]).toEqual([200, before]);
    expect(etagOf(await patch(id, {}))).toBe(before);
    expect(etagOf(await read(id))).toBe(before);
  });

  it("is another one when the session was made anew under its id", async () => {
    const id = await created();
    const old = etagOf(await read(id));
    await call("DELETE", `/sessions/${id}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await created({ session_id: id });
    expect(etagOf(await read(id))).not.toBe(old);
    expect((await patch(id, { metadata: { m: 1 } }, old)).status).toBe(412);
  });

  it("counts a change once whose answer D1 lost", async () => {
    const id = await created();
    const before = etagOf(await read(id));
    d1.next(patches(id), unanswered());
    const answer = await patch(id, { session_state: { a: 1 }, session_name: "n", summary: { summary: "s" } }, before);
    expect([answer.status, etagOf(answer)]).toEqual([200, before.replace("-0", "-1")]);
    expect(etagOf(await read(id))).toBe(etagOf(answer));
  });
});

describe("If-Match", () => {
  const changes: [string, (id: string, ifMatch: string) => Promise<Answer>][] = [
    ["PATCH", (id, ifMatch) => patch(id, { session_name: "Changed" }, ifMatch)],
    ["rename by hand", (id, ifMatch) => rename(id, { session_name: "Changed" }, ifMatch)],
    ["rename by model", (id, ifMatch) => rename(id, { autogenerate: true, fallback: "Changed" }, ifMatch)],
  ];

  it.each(changes)("lets %s change what the caller has seen, and nothing else", async (_case, change) => {
    const id = await created({ session_name: "Before" });
    const seen = etagOf(await read(id));
    expect((await change(id, seen)).status).toBe(200);
    const now = await read(id);
    expect(now.body.session_name).toBe("Changed");
    await patch(id, { session_name: "By another" });
    for (const stale of [seen, etagOf(now), '"elsewhere-1"', `W/${etagOf(await read(id))}`]) {
      const answer = await change(id, stale);
      expect([answer.status, answer.body]).toEqual([
        412,
        { code: "precondition_failed", detail: expect.stringContaining("ETag"), request_id: expect.any(String) },
      ]);
    }
    expect((await read(id)).body.session_name).toBe("By another");
    expect((await change(id, `"x", ${etagOf(await read(id))}`)).status).toBe(200);
    expect((await change(id, "*")).status).toBe(200);
  });

  it.each(changes)("does not make %s find a session that is not there", async (_case, change) => {
    for (const ifMatch of ["*", '"x"']) {
      expect((await change(newId(), ifMatch)).status).toBe(404);
    }
    const id = await created({ user_id: "ada" });
    const foreign = await call("PATCH", `/sessions/${id}?user_id=eve`, {}, { "If-Match": '"x"' });
    expect(foreign.status).toBe(404);
  });

  it.each(changes)("is refused by %s when it cannot be read", async (_case, change) => {
    const id = await created({ session_name: "Before" });
    const unquoted = etagOf(await read(id)).replaceAll('"', "");
    for (const ifMatch of [unquoted, "**", ""]) {
      const answer = await change(id, ifMatch);
      expect([ifMatch, answer.status]).toEqual([ifMatch, 422]);
      expect(answer.body.detail[0].loc).toEqual(["header", "If-Match"]);
    }
    expect((await read(id)).body.session_name).toBe("Before");
  });

  it("lets one of many writers win who have seen the same", async () => {
    const id = await created({ session_state: {} });
    const seen = etagOf(await read(id));
    const writers = [1, 2, 3, 4, 5];
    const answers = await Promise.all(writers.map((n) => patch(id, { session_state: { winner: n } }, seen)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412, 412]);
    const winner = writers[answers.findIndex((answer) => answer.status === 200)];
    expect((await read(id)).body.session_state).toEqual({ winner });
  });

  it("is looked at in line: a change that is being written counts", async () => {
    const id = await created();
    const seen = etagOf(await read(id));
    const point = gate();
    d1.next(patches(id), heldAfter(point));
    const first = patch(id, { metadata: { first: true } });
    await point.reached();
    const written = etagOf(await read(id));
    const [stale, fresh] = [patch(id, { metadata: { stale: true } }, seen), patch(id, { summary: null }, written)];
    point.release();
    expect([(await first).status, (await stale).status, (await fresh).status]).toEqual([200, 412, 200]);
    expect((await read(id)).body.metadata).toEqual({ first: true });
  });

  it("asks no model for a name that could not be given", async () => {
    const id = newId();
    await run(`words ${id}`, { session_id: id });
    const namings = () => model.callsWith(id).length;
    const before = namings();
    expect((await rename(id, { autogenerate: true }, '"stale"')).status).toBe(412);
    expect(namings()).toBe(before);
  });

  it("refuses a model's name when anything else was changed while the model thought", async () => {
    const id = newId();
    await run("hello", { session_id: id });
    const point = gate();
    model.nextNames([hold(point), text("Too Late")]);
    const naming = rename(id, { autogenerate: true }, etagOf(await read(id)));
    await point.reached();
    await patch(id, { session_state: { changed: true } });
    point.release();
    expect((await naming).status).toBe(412);
    expect((await read(id)).body.session_name).toBe("hello");
  });

  it("knows what D1 shows, also before the object heard of it", async () => {
    const id = await created({ session_state: { a: 1 } });
    const remembered = etagOf(await patch(id, { session_name: "In memory" }));
    await settleState(id, { a: 2 });
    const shown = etagOf(await read(id));
    expect(shown).not.toBe(remembered);
    expect((await patch(id, { metadata: { m: 1 } }, remembered)).status).toBe(412);
    await settleState(id, { a: 3 });
    const answer = await patch(id, { metadata: { m: 1 } }, etagOf(await read(id)));
    expect([answer.status, answer.body.session_state]).toEqual([200, { a: 3 }]);
  });

  it("refuses a change that a run's state overtook on its way to D1, also within the same millisecond", async () => {
    for (const isSameInstant of [false, true]) {
      const id = await created({ session_state: { a: 1 } });
      const seen = etagOf(await patch(id, { session_name: "In memory" }));
      const overtaken: Fault = async (send, { statements }) => {
        const planned = Math.max(...(statements[0]?.params ?? []).filter((param) => typeof param === "number"));
        await settleState(id, { a: 2 }, isSameInstant ? planned : 0);
        return send();
      };
      d1.next(patches(id), overtaken);
      expect((await patch(id, { session_state: { b: 1 } }, seen)).status).toBe(412);
      expect((await read(id)).body.session_state).toEqual({ a: 2 });
    }
  });

  it("is not answered with 412 while D1 is away", async () => {
    const id = await created();
    const seen = etagOf(await read(id));
    d1.next(patches(id), unsent(), 3);
    expect((await patch(id, { metadata: { m: 1 } }, seen)).status).toBe(503);
    expect((await patch(id, { metadata: { m: 1 } }, seen)).status).toBe(200);
  });
});
