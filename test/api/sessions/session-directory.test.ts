import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_TAG_CODE_POINTS, MAX_TAGS } from "../../../src/domain/limits.ts";
import { costOf } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { EMPTY_DIRECTORY } from "../../support/directory.ts";
import { call, newId, run } from "../../support/http.ts";
import { labelsIn } from "../../support/labels.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { detailOf, rowsOf } from "../../support/session-story.ts";

scriptModel();
const d1 = watchD1();

const MERGE = { "Content-Type": "application/merge-patch+json" };
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

async function created(fields: object = {}): Promise<string> {
  const { status, body } = await call("POST", "/sessions", fields);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.session_id;
}
const patch = (id: string, fields: object) => call("PATCH", `/sessions/${id}`, fields);
const merge = (id: string, fields: object) => call("PATCH", `/sessions/${id}`, JSON.stringify(fields), MERGE);
const listed = async (user_id: string, query = "") =>
  (await call("GET", `/sessions?user_id=${user_id}${query}`)).body.data;

describe("tags, pin, archive and time to live", () => {
  it("are given when a session is created, and shown in the answer, the detail and the list", async () => {
    const user_id = newId();
    const fields = { tags: ["travel", "urgent"], pinned: true, archived: true, ttl_seconds: 60 };
    const { body } = await call("POST", "/sessions", { user_id, ...fields });
    const shown = { ...EMPTY_DIRECTORY, ...fields, pinned_at: ISO, archived_at: ISO };
    expect(body).toMatchObject(shown);
    expect(await detailOf(body.session_id)).toMatchObject(shown);
    expect(await listed(user_id, "&archived=all")).toMatchObject([shown]);
  });

  it("are changed by PATCH, each change a version, and left as they are by null", async () => {
    const session_id = await created({ tags: ["a"], ttl_seconds: 5 });
    const first = await patch(session_id, { tags: ["b", "c"], pinned: true });
    expect(first.body).toMatchObject({ tags: ["b", "c"], pinned: true, archived: false, ttl_seconds: 5 });
    const second = await patch(session_id, { archived: true, ttl_seconds: 7 });
    expect(second.body).toMatchObject({ tags: ["b", "c"], pinned: true, archived: true, ttl_seconds: 7 });
    expect(first.headers.get("ETag")).not.toBe(second.headers.get("ETag"));
    const nulls = await patch(session_id, { tags: null, pinned: null, archived: null, ttl_seconds: null });
    expect([nulls.body, nulls.headers.get("ETag")]).toEqual([second.body, second.headers.get("ETag")]);
    const cleared = await patch(session_id, { tags: [], pinned: false, archived: false });
    expect(cleared.body).toMatchObject({
      tags: [],
      pinned: false,
      pinned_at: null,
      archived: false,
      archived_at: null,
    });
  });

  it("are taken away by null in a merge patch", async () => {
    const session_id = await created({ tags: ["a"], pinned: true, archived: true, ttl_seconds: 5 });
    const { body } = await merge(session_id, { tags: null, pinned: null, archived: null, ttl_seconds: null });
    expect(body).toMatchObject({ tags: [], pinned: false, archived: false, ttl_seconds: null });
    expect((await merge(session_id, { tags: ["b"] })).body.tags).toEqual(["b"]);
  });

  it("stay pinned and archived since they were first", async () => {
    const session_id = await created({ pinned: true, archived: true });
    await env.DB.prepare("update sessions set pinned_at = 1000, archived_at = 2000 where session_id = ?")
      .bind(session_id)
      .run();
    const since = { pinned_at: "1970-01-01T00:00:01Z", archived_at: "1970-01-01T00:00:02Z" };
    expect((await patch(session_id, { pinned: true, archived: true, tags: ["a"] })).body).toMatchObject(since);
    await patch(session_id, { pinned: false, archived: false });
    const again = (await patch(session_id, { pinned: true, archived: true })).body;
    expect(again).not.toMatchObject({ pinned_at: since.pinned_at });
    expect(again).not.toMatchObject({ archived_at: since.archived_at });
  });

  it("go with If-Match, as everything that is patched", async () => {
    const session_id = await created();
    const { headers } = await call("GET", `/sessions/${session_id}`);
    const ifMatch = { "If-Match": headers.get("ETag") ?? "" };
    expect((await call("PATCH", `/sessions/${session_id}`, { tags: ["one"] }, ifMatch)).status).toBe(200);
    expect((await call("PATCH", `/sessions/${session_id}`, { tags: ["two"] }, ifMatch)).status).toBe(412);
    expect(await labelsIn(session_id)).toEqual(["#one"]);
  });

  it("keep an archived session as it is when it is talked to", async () => {
    const session_id = newId();
    await run("hi", { session_id });
    await patch(session_id, { archived: true });
    expect((await run("still there?", { session_id })).body.status).toBe("COMPLETED");
    expect(await detailOf(session_id)).toMatchObject({ archived: true, run_count: 2, message_count: 4 });
  });

  it.each([
    [
      "keeps tags as they are typed, in their order, each once",
      [" b ", "A", "b", "a", "日本", "😀"],
      ["b", "A", "a", "日本", "😀"],
    ],
    [
      "takes 32 tags, counted once each",
      [...Array(MAX_TAGS).keys(), 0].map(String),
      [...Array(MAX_TAGS).keys()].map(String),
    ],
    [
      "takes a tag of 64 characters, counted in code points",
      ["😀".repeat(MAX_TAG_CODE_POINTS)],
      ["😀".repeat(MAX_TAG_CODE_POINTS)],
    ],
  ])("%s", async (_, typed, tags) => {
    const session_id = await created({ tags: typed });
    expect((await detailOf(session_id)).tags).toEqual(tags);
    expect((await patch(session_id, { tags: typed })).body.tags).toEqual(tags);
  });

  it.each<[object, (string | number)[]]>([
    [{ tags: [""] }, ["body", "tags"]],
    [{ tags: ["ok", "  "] }, ["body", "tags"]],
    [{ tags: ["x".repeat(MAX_TAG_CODE_POINTS + 1)] }, ["body", "tags"]],
    [{ tags: ["two\nlines"] }, ["body", "tags"]],
    [{ tags: ["bell\u0007"] }, ["body", "tags"]],
    [{ tags: [...Array(MAX_TAGS + 1).keys()].map(String) }, ["body", "tags"]],
    [{ tags: "travel" }, ["body", "tags"]],
    [{ tags: ["a", 1] }, ["body", "tags", 1]],
    [{ pinned: "yes" }, ["body", "pinned"]],
    [{ archived: 1 }, ["body", "archived"]],
    [{ ttl_seconds: 0 }, ["body", "ttl_seconds"]],
    [{ ttl_seconds: 1.5 }, ["body", "ttl_seconds"]],
    [{ ttl_seconds: 1e12 }, ["body", "ttl_seconds"]],
  ])("refuses %j on every way in", async (fields, loc) => {
    const session_id = await created();
    for (const answer of [
      await call("POST", "/sessions", fields),
      await patch(session_id, fields),
      await merge(session_id, fields),
    ]) {
      expect([answer.status, answer.body.detail]).toMatchObject([422, [{ loc }]]);
    }
    expect(await detailOf(session_id)).toMatchObject(EMPTY_DIRECTORY);
  });
});

describe("the labels of a session", () => {
  const metadata = {
    plan: "pro",
    seats: 3,
    ratio: 0.1,
    big: 1e21,
    active: true,
    gone: null,
    empty: "",
    "a:b": "c:d",
    deep: { plan: "x" },
    list: ["pro"],
    long: "x".repeat(130),
  };
  const labels = [
    "#plan:pro",
    "=a:b:c:d",
    "=active:true",
    "=big:1e+21",
    "=empty:",
    "=gone:null",
    "=plan:pro",
    "=ratio:0.1",
    "=seats:3",
  ];

  it("are its tags and the short values of its metadata, however they came to be", async () => {
    const session_id = await created({ tags: ["plan:pro"], metadata });
    expect(await labelsIn(session_id)).toEqual(labels);
    const patched = await created();
    await patch(patched, { tags: ["plan:pro"], metadata });
    expect(await labelsIn(patched)).toEqual(labels);
    await merge(patched, { metadata: { plan: "free", seats: null } });
    expect(await labelsIn(patched)).toEqual(
      labels.filter((label) => label !== "=seats:3").map((label) => (label === "=plan:pro" ? "=plan:free" : label)),
    );
    await merge(patched, { metadata: null });
    expect(await labelsIn(patched)).toEqual(["#plan:pro"]);
    await merge(patched, { tags: null });
    expect(await labelsIn(patched)).toEqual([]);
  });

  it("are at most 64 of its metadata, the first ones", async () => {
    const many = Object.fromEntries([...Array(100).keys()].map((nth) => [`key${String(nth).padStart(3, "0")}`, nth]));
    const found = await labelsIn(await created({ metadata: many }));
    expect([found.length, found.at(-1)]).toEqual([64, "=key063:63"]);
  });

  it("stay those of the first session where the id is taken", async () => {
    const session_id = await created({ tags: ["first"] });
    expect((await call("POST", "/sessions", { session_id, tags: ["second"], metadata: { a: 1 } })).status).toBe(409);
    expect(await labelsIn(session_id)).toEqual(["#first"]);
  });

  it("go with the session, and come along with a fork of it", async () => {
    const session_id = newId();
    await run("hi", { session_id });
    await patch(session_id, {
      tags: ["travel"],
      metadata: { plan: "pro" },
      pinned: true,
      archived: true,
      ttl_seconds: 9,
    });
    const { body } = await call("POST", `/agents/assistant/sessions/${session_id}/fork`);
    await call("DELETE", `/sessions/${session_id}`);
    expect([await labelsIn(session_id), await rowsOf(session_id)]).toMatchObject([[], { sessions: 0 }]);
    expect(await labelsIn(body.session_id)).toEqual(["#travel", "=plan:pro"]);
    expect(await detailOf(body.session_id)).toMatchObject({
      tags: ["travel"],
      pinned: false,
      archived: false,
      ttl_seconds: 9,
      last_message: { role: "assistant", text: "echo: hi" },
    });
  });

  it("leave nothing behind where there was nothing to fork", async () => {
    const session_id = await created({ agent_id: "assistant", tags: ["travel"] });
    const before = await env.DB.prepare("select count(*) as n from session_labels").first("n");
    expect((await call("POST", `/agents/assistant/sessions/${session_id}/fork`)).status).toBe(400);
    expect(await env.DB.prepare("select count(*) as n from session_labels").first("n")).toBe(before);
  });

  it("cost three rows each when they come, and none while they stay", async () => {
    const session_id = newId();
    await run("hi", { session_id });
    const writes = async (fields: object) => {
      d1.forget();
      await patch(session_id, fields);
      return costOf(d1.of(session_id).filter(({ isRead }) => !isRead));
    };
    const row = { batches: 1, alone: 0, reads: 0 };
    expect(await writes({ tags: ["a", "b"] })).toEqual({ ...row, rows: { sessions: 4, session_labels: 6 } });
    expect(await writes({ tags: ["b", "a"] })).toEqual({ ...row, rows: { sessions: 4, session_labels: 0 } });
    expect(await writes({ tags: ["b", "c"] })).toEqual({ ...row, rows: { sessions: 4, session_labels: 4 } });
    expect(await writes({ metadata: { deep: {} } })).toEqual({ ...row, rows: { sessions: 4, session_labels: 0 } });
    expect(await writes({ pinned: true })).toEqual({ ...row, rows: { sessions: 5 } });
    expect(await writes({ archived: true })).toEqual({ ...row, rows: { sessions: 7 } });
  });
});
