import { describe, expect, it } from "vitest";
import { call, callHandler, newId, run } from "../support/http.ts";
import {
  itemsOf,
  nameMany,
  nameOf,
  outcomesOf,
  seedNameable,
  startNaming,
  untilEnded,
} from "../support/naming-jobs.ts";
import { fail, scriptModel } from "../support/scripted-model.ts";

callHandler();
const model = scriptModel();

const rename = (id: string, body: object) => call("POST", `/sessions/${id}/rename`, body);

describe("a naming job", () => {
  it("names sessions in the background, over the Queue, and tells what that cost", async () => {
    const ids = await seedNameable(3);
    const made = await nameMany({ session_ids: ids });
    expect(made.status).toBe(202);
    expect(made.headers.get("Location")).toBe(`/naming-jobs/${made.body.job_id}`);
    expect(made.body).toMatchObject({ kind: "names", status: "running", total: 3, done: 0, remaining: 3, progress: 0 });
    const job = await untilEnded(made.body.job_id);
    expect(job).toEqual({
      job_id: made.body.job_id,
      kind: "names",
      status: "completed",
      stop_reason: null,
      total: 3,
      done: 3,
      named: 3,
      fallback: 0,
      skipped: 0,
      failed: 0,
      remaining: 0,
      progress: 1,
      prompt_tokens: 30,
      completion_tokens: 15,
      total_tokens: 45,
      max_tokens: null,
      overwrite: "never",
      created_at: expect.stringMatching(/Z$/),
      started_at: expect.stringMatching(/Z$/),
      ended_at: expect.stringMatching(/Z$/),
    });
    for (const id of ids) {
      const { body } = await call("GET", `/sessions/${id}/name`);
      expect(body).toMatchObject({
        session_name: "Scripted Session Name",
        source: "generated",
        version: 1,
        prompt_tokens: 10,
        completion_tokens: 5,
        attempts: 1,
        job_id: job.job_id,
      });
    }
  });

  it("says of each id what became of it: named, foreign, missing, duplicate, named already, by hand, without messages", async () => {
    const [mine = "", again = "", byModel = "", byHand = ""] = await seedNameable(4, { userId: "ada" });
    const [foreign = ""] = await seedNameable(1, { userId: "grace" });
    const empty = newId();
    await call("POST", "/sessions", { session_id: empty, user_id: "ada", agent_id: "assistant" });
    await rename(byModel, { autogenerate: true });
    await rename(byHand, { session_name: "By hand" });
    const missing = newId();
    const session_ids = [mine, foreign, missing, mine, byModel, byHand, empty, again];
    const id = await startNaming({ session_ids, user_id: "ada" });
    const job = await untilEnded(id);
    expect(await outcomesOf(id)).toEqual([
      "named",
      "failed not_found",
      "failed not_found",
      "skipped duplicate",
      "skipped already_named",
      "skipped named_by_hand",
      "skipped no_messages",
      "named",
    ]);
    expect((await itemsOf(id)).map((item) => item.session_id)).toEqual(session_ids);
    expect(job).toMatchObject({ status: "completed", total: 8, done: 8, named: 2, skipped: 4, failed: 2 });
    expect(await nameOf(foreign)).toMatchObject({ name: "", source: null, version: 0 });
    expect(await nameOf(byHand)).toMatchObject({ name: "By hand", source: "manual" });
  });

  it("replaces generated names only when it is told to, fallbacks always, and what a person wrote never", async () => {
    const [generated = "", fallback = "", manual = ""] = await seedNameable(3);
    model.nextNames("First Name", [fail(400)], [fail(400)]);
    await rename(generated, { autogenerate: true });
    await rename(fallback, { autogenerate: true, fallback: "Stand-in" });
    await rename(manual, { session_name: "By hand" });
    const session_ids = [generated, fallback, manual];
    const first = await startNaming({ session_ids });
    await untilEnded(first);
    expect(await outcomesOf(first)).toEqual(["skipped already_named", "named", "skipped named_by_hand"]);
    const second = await startNaming({ session_ids, overwrite: "generated" });
    await untilEnded(second);
    expect(await outcomesOf(second)).toEqual(["named", "named", "skipped named_by_hand"]);
    expect(await nameOf(manual)).toMatchObject({ name: "By hand", version: 1 });
  });

  it("finds sessions by a filter: unnamed ones of an agent, of a user, changed after an instant", async () => {
    const user = newId();
    const old = await seedNameable(2, { userId: user, createdAt: Date.UTC(2020, 0, 1) });
    const young = await seedNameable(3, { userId: user, createdAt: Date.UTC(2024, 0, 1) });
    await call("POST", "/sessions", { user_id: user });
    await rename(young[0] ?? "", { session_name: "By hand" });
    const found = async (filter: object, more: object = {}) => {
      const id = await startNaming({ filter, ...more });
      await untilEnded(id);
      return (await itemsOf(id)).map((item) => item.session_id);
    };
    expect(await found({ unnamed: true, user_id: user, updated_after: "2022-01-01T00:00:00Z" })).toEqual(
      young.slice(1),
    );
    expect(await found({ unnamed: true, agent_id: "operator" }, { user_id: user })).toEqual([]);
    expect(await found({ unnamed: true, agent_id: "assistant" }, { user_id: user })).toEqual(old);
    expect(await found({ unnamed: true }, { user_id: user })).toEqual([]);
    expect(await found({ unnamed: false, agent_id: "assistant" }, { user_id: user })).toEqual([...old, ...young]);
  });

  it("gives the fallback that it was told where the model says nothing that can be used", async () => {
    const [one = ""] = await seedNameable(1);
    model.nextNames("   ", "   ");
    const id = await startNaming({ session_ids: [one], fallback: "  Later  " });
    expect(await untilEnded(id)).toMatchObject({ status: "completed", fallback: 1, named: 0, total_tokens: 30 });
    expect(await nameOf(one)).toEqual({ name: "Later", source: "fallback", version: 1, job: id });
  });

  it("names what is said in sessions that were made by runs", async () => {
    const session_id = newId();
    await run("How do whales sleep?", { session_id });
    await untilEnded(await startNaming({ session_ids: [session_id] }));
    expect(model.callsWith("whales sleep")).toHaveLength(2);
    expect(await nameOf(session_id)).toMatchObject({ name: "Scripted Session Name", source: "generated" });
  });
});
