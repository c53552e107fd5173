import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { patches, watchD1 } from "../../support/d1-faults.ts";
import { call } from "../../support/http.ts";

const d1 = watchD1();
const MERGE = "application/merge-patch+json";

const merge = (id: string, body: unknown, type = MERGE) =>
  call("PATCH", `/sessions/${id}`, body, { "Content-Type": type });

async function created(fields: Record<string, unknown> = {}): Promise<string> {
  return (await call("POST", "/sessions", fields)).body.session_id;
}

const detail = async (id: string) => (await call("GET", `/sessions/${id}`)).body;

describe("PATCH /sessions/{session_id} with a merge patch", () => {
  it("merges objects member by member, replaces arrays, and takes away what is null", async () => {
    const id = await created({
      session_state: { trip: { city: "Kyoto", nights: 3, days: [1, 2, 3] }, draft: true },
      metadata: { kept: 1 },
    });
    const answer = await merge(id, {
      session_name: "Trip",
      session_state: { trip: { nights: 4, days: [1] }, draft: null, cart: { items: { a: null, b: 1 } } },
      metadata: { added: { deep: [null] } },
    });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      {
        session_name: "Trip",
        session_state: { trip: { city: "Kyoto", nights: 4, days: [1] }, cart: { items: { b: 1 } } },
        metadata: { kept: 1, added: { deep: [null] } },
      },
    ]);
    expect(answer.body.session_state).not.toHaveProperty("draft");
    expect((await detail(id)).session_state).toEqual(answer.body.session_state);
  });

  it("takes away a field that is null, and leaves one that is left out", async () => {
    const given = { session_name: "Named", session_state: { a: 1 }, metadata: { m: 1 } };
    const id = await created(given);
    await call("PATCH", `/sessions/${id}`, { summary: { summary: "Short" } });
    for (const field of ["session_name", "session_state", "metadata", "summary"]) {
      expect((await merge(id, { [field]: null })).status).toBe(200);
      const shown = await detail(id);
      const isGone = { session_name: shown.session_name === "", summary: shown.session_summary === undefined };
      expect([field, { ...isGone }[field] ?? shown[field] === undefined]).toEqual([field, true]);
    }
    expect((await call("GET", `/sessions/${id}/name`)).body).toMatchObject({ session_name: "", source: null });
  });

  it("merges over nothing as over an empty object", async () => {
    const id = await created();
    const { body } = await merge(id, { session_state: { a: { b: null } }, metadata: {} });
    expect(body).toMatchObject({ session_state: { a: {} }, metadata: {} });
  });

  it("merges a summary, and keeps it one", async () => {
    const id = await created();
    const first = await merge(id, { summary: { topics: ["t"] } });
    expect([first.status, first.body.detail]).toMatchObject([
      422,
      [{ type: "missing", loc: ["body", "summary", "summary"], msg: "Field required" }],
    ]);
    await merge(id, { summary: { summary: "Short", topics: ["t"], updated_at: "2026-01-01" } });
    const { body } = await merge(id, { summary: { topics: ["u", "v"], updated_at: null } });
    expect(body.session_summary).toEqual({ summary: "Short", topics: ["u", "v"] });
    expect((await merge(id, { summary: { summary: null } })).status).toBe(422);
    expect((await detail(id)).session_summary).toEqual({ summary: "Short", topics: ["u", "v"] });
  });

  it.each([
    [MERGE, true],
    [`${MERGE}; charset=utf-8`, true],
    ["Application/Merge-Patch+JSON", true],
    ["application/json", false],
    ["application/merge-patch+json-seq", false],
    ["text/plain", false],
  ])("is told by its content type: %s", async (type, isMerged) => {
    const id = await created({ session_state: { a: 1 }, metadata: { m: 1 } });
    const { body } = await merge(id, { session_state: { b: 2 }, metadata: null }, type);
    expect(body.session_state).toEqual(isMerged ? { a: 1, b: 2 } : { b: 2 });
    expect(body.metadata).toEqual(isMerged ? null : { m: 1 });
  });

  it.each([
    ["no body", "", ["body"], "missing"],
    ["null", "null", ["body"], "missing"],
    ["a list", "[]", ["body"], "model_attributes_type"],
    ["no JSON", "{", ["body", 1], "json_invalid"],
    ["a name that is none", { session_name: 1 }, ["body", "session_name"], "string_type"],
    ["a name that is too long", { session_name: "n".repeat(201) }, ["body", "session_name"], "value_error"],
    ["a state that is no object", { session_state: [1] }, ["body", "session_state"], "dict_type"],
    ["metadata that is no object", { metadata: "m" }, ["body", "metadata"], "dict_type"],
    ["a summary that is none", { summary: { summary: 1 } }, ["body", "summary", "summary"], "string_type"],
    ["an unknown member of a summary", { summary: { x: null } }, ["body", "summary", "x"], "extra_forbidden"],
  ])("is refused with AgentOS's 422 when it has %s", async (_case, body, loc, type) => {
    const id = await created({ session_state: { a: 1 } });
    const answer = await merge(id, body);
    expect([answer.status, answer.body.detail]).toMatchObject([422, [{ type, loc }]]);
    expect((await detail(id)).session_state).toEqual({ a: 1 });
  });

  it("is refused when what it results in is too large, however small it is itself", async () => {
    const id = await created();
    const half = "x".repeat(70 * 1024);
    for (const field of ["session_state", "metadata"]) {
      expect((await merge(id, { [field]: { a: half } })).status).toBe(200);
      const answer = await merge(id, { [field]: { b: half } });
      expect([answer.status, answer.body.detail]).toEqual([413, `${field} is larger than 131072 bytes.`]);
      expect((await merge(id, { [field]: { a: null, b: half } })).status).toBe(200);
      expect(Object.keys((await detail(id))[field])).toEqual(["b"]);
    }
  });

  it("merges over what the changes before it left, many at once", async () => {
    const id = await created({ session_state: { n: 0 } });
    const members = Array.from({ length: 12 }, (_, n) => `k${n}`);
    await Promise.all(members.map((member) => merge(id, { session_state: { [member]: { n: 1 } } })));
    expect(Object.keys((await detail(id)).session_state).sort()).toEqual([...members, "n"].sort());
  });

  it("is planned anew over a state that a run wrote while it was on its way to D1", async () => {
    const id = await created({ session_state: { a: 1 } });
    d1.next(patches(id), async (send) => {
      const state = JSON.stringify({ a: 2, tool: true });
      await env.DB.prepare("update sessions set session_state = ?, version = version + 1 where session_id = ?")
        .bind(state, id)
        .run();
      return send();
    });
    const { body } = await merge(id, { session_state: { b: 1 } });
    expect(body.session_state).toEqual({ a: 2, tool: true, b: 1 });
    expect((await detail(id)).session_state).toEqual(body.session_state);
  });

  it("counts the same merge once whose answer D1 lost", async () => {
    const id = await created({ session_state: { a: 1 } });
    d1.next(patches(id), async (send) => {
      await send();
      throw new Error("D1_ERROR: Network connection lost.");
    });
    const answer = await merge(id, { session_state: { a: null, b: 1 }, metadata: null, summary: null });
    expect([answer.status, answer.body.session_state]).toEqual([200, { b: 1 }]);
    expect(answer.headers.get("ETag")).toMatch(/-1"$/);
  });
});
