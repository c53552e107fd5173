import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { MAX_JOB_IDS, MAX_JOB_NAMES } from "../../../src/domain/job.ts";
import { MAX_TAG_CODE_POINTS } from "../../../src/domain/limits.ts";
import { changeMany } from "../../support/bulk.ts";
import { call, newId } from "../../support/http.ts";
import { watchQueue } from "../../support/queue.ts";

const queue = watchQueue();
const id = newId();
beforeAll(async () => {
  await call("POST", "/sessions", { session_id: id, tags: ["a"] });
});

const ids = { session_ids: [id] };
const jobs = () => env.DB.prepare("SELECT count(*) AS n FROM jobs").first<number>("n");

describe("a change in bulk", () => {
  it.each<[string, object, (string | number)[]]>([
    ["without an action", ids, ["body", "action"]],
    ["with an action that is none", { action: "purge", ...ids }, ["body", "action"]],
    ["without sessions", { action: "delete" }, ["body", "session_ids"]],
    ["with ids and a filter", { action: "delete", ...ids, filter: { tag: "a" } }, ["body", "session_ids"]],
    ["with no ids", { action: "archive", session_ids: [] }, ["body", "session_ids"]],
    ["with an id that is none", { action: "archive", session_ids: [id, ""] }, ["body", "session_ids", 1]],
    ["with a misspelt user", { action: "delete", filter: { tag: "a" }, userid: "ada" }, ["body", "userid"]],
    ["with an empty user", { action: "delete", filter: { tag: "a" }, user_id: "" }, ["body", "user_id"]],
    ["that deletes by an empty filter", { action: "delete", filter: {} }, ["body", "filter"]],
    ["that deletes all that is listed", { action: "delete", filter: { archived: false } }, ["body", "filter"]],
    ["with all, but not all", { action: "delete", ...ids, all: true }, ["body", "all"]],
    ["with all of another action", { action: "archive", filter: {}, all: true }, ["body", "all"]],
    ["with a misspelt condition", { action: "delete", filter: { tags: ["a"] } }, ["body", "filter", "tags"]],
    ["with an empty id of an agent", { action: "delete", filter: { agent_id: "" } }, ["body", "filter", "agent_id"]],
    ["with an empty user in a filter", { action: "delete", filter: { user_id: "" } }, ["body", "filter", "user_id"]],
    ["with a user of null", { action: "delete", filter: { user_id: null } }, ["body", "filter", "user_id"]],
    ["with a misspelt user in a filter", { action: "delete", filter: { userId: "a" } }, ["body", "filter", "userId"]],
    ["with a condition of null", { action: "delete", filter: { agent_id: null } }, ["body", "filter", "agent_id"]],
    ["with an empty name", { action: "delete", filter: { session_name: "" } }, ["body", "filter", "session_name"]],
    ["with an empty tag", { action: "delete", filter: { tag: "" } }, ["body", "filter", "tag", 0]],
    ["with no tags to look for", { action: "delete", filter: { tag: [] } }, ["body", "filter", "tag"]],
    ["with 11 tags to look for", { action: "pin", filter: { tag: Array(11).fill("a") } }, ["body", "filter", "tag"]],
    ["with metadata without a key", { action: "pin", filter: { metadata: "pro" } }, ["body", "filter", "metadata"]],
    [
      "with an empty instant",
      { action: "delete", filter: { updated_before: "" } },
      ["body", "filter", "updated_before"],
    ],
    [
      "with an instant of null",
      { action: "pin", filter: { updated_before: null } },
      ["body", "filter", "updated_before"],
    ],
    [
      "with a word for an instant",
      { action: "pin", filter: { created_after: "now" } },
      ["body", "filter", "created_after"],
    ],
    ["with archived as a word", { action: "pin", filter: { archived: "maybe" } }, ["body", "filter", "archived"]],
    ["with pinned as a word", { action: "pin", filter: { pinned: "true" } }, ["body", "filter", "pinned"]],
    [
      "of agent and team",
      { action: "pin", filter: { agent_id: "a", team_id: "b" } },
      ["body", "filter", "component_id"],
    ],
    ["of an agent's teams", { action: "pin", filter: { agent_id: "a", type: "team" } }, ["body", "filter", "type"]],
    ["that renames without names", { action: "rename" }, ["body", "names"]],
    [
      "that renames ids",
      { action: "rename", ...ids, names: [{ session_id: id, session_name: "x" }] },
      ["body", "session_ids"],
    ],
    ["that renames by a filter", { action: "rename", filter: {} }, ["body", "filter"]],
    [
      "with names to archive",
      { action: "archive", ...ids, names: [{ session_id: id, session_name: "x" }] },
      ["body", "names"],
    ],
    [
      "with a name that is missing",
      { action: "rename", names: [{ session_id: id }] },
      ["body", "names", 0, "session_name"],
    ],
    [
      "with a name that is too long",
      { action: "rename", names: [{ session_id: id, session_name: "x".repeat(201) }] },
      ["body", "names", 0, "session_name"],
    ],
    [
      "with a name of two lines",
      { action: "rename", names: [{ session_id: id, session_name: "x\ny" }] },
      ["body", "names", 0, "session_name"],
    ],
    [
      "with 1,001 names",
      {
        action: "rename",
        names: Array.from({ length: MAX_JOB_NAMES + 1 }, () => ({ session_id: id, session_name: "x" })),
      },
      ["body", "names"],
    ],
    ["that tags with nothing", { action: "tag", ...ids, add_tags: [] }, ["body", "add_tags"]],
    [
      "that adds what it removes",
      { action: "tag", ...ids, add_tags: ["b "], remove_tags: ["b"] },
      ["body", "remove_tags"],
    ],
    ["that adds an empty tag", { action: "tag", ...ids, add_tags: [" "] }, ["body", "add_tags"]],
    [
      "that removes a tag that is too long",
      { action: "tag", ...ids, remove_tags: ["x".repeat(MAX_TAG_CODE_POINTS + 1)] },
      ["body", "remove_tags"],
    ],
    ["with tags to pin", { action: "pin", ...ids, add_tags: ["b"] }, ["body", "add_tags"]],
  ])("%s is refused, and makes no job", async (_how, body, loc) => {
    const before = await jobs();
    const answer = await changeMany(body);
    expect([answer.status, answer.body.code]).toEqual([422, "invalid_request"]);
    expect(answer.body.detail.map((one: { loc: unknown }) => one.loc)).toContainEqual(loc);
    expect(await jobs()).toBe(before);
    expect((await call("GET", `/sessions/${id}`)).body).toMatchObject({ tags: ["a"], archived: false, pinned: false });
  });

  it("takes 25,000 ids, and says that it takes no more", async () => {
    queue.lose();
    const many = Array.from({ length: MAX_JOB_IDS + 1 }, (_, nth) => `n${nth}`);
    const { status, body } = await changeMany({ action: "pin", session_ids: many });
    expect([status, body.detail[0].msg]).toEqual([422, expect.stringContaining("at most 25000 items")]);
    const job = await changeMany({ action: "pin", session_ids: many.slice(1) });
    expect([job.status, job.body.total]).toEqual([202, MAX_JOB_IDS]);
    expect(queue.of(job.body.job_id)).toHaveLength(500);
    await call("POST", `/jobs/${job.body.job_id}/cancel`);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("by %s is a session of that name, or nothing", async (method) => {
    const answer = await call(method, "/sessions/bulk", method === "PATCH" ? { tags: [] } : undefined);
    expect([204, 404, 405]).toContain(answer.status);
  });

  it("is of this database", async () => {
    expect((await call("POST", "/sessions/bulk?db_id=other", { action: "pin", ...ids })).status).toBe(404);
  });

  it("has a key of visible characters", async () => {
    expect((await changeMany({ action: "pin", ...ids }, "x".repeat(256))).status).toBe(422);
  });
});
