import { describe, expect, it } from "vitest";
import recorded from "../../cases/agentos-run-previews.json";
import { call, newId, type RunOptions, run } from "../../support/http.ts";
import { pausedRun } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { fail, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { delegate, leading, member, runTeam, say } from "../../support/teams.ts";

const model = scriptModel();

type Preview = Record<string, string>;
const previews = async (session: string, query = ""): Promise<Preview[]> =>
  (await call("GET", `/sessions/${session}/run-previews${query}`)).body;

/** The session of the recorded answers, made here: what it was asked and what its model said. */
async function recordedSession(options: RunOptions) {
  const long = "é".repeat(200) + "long answer ".repeat(20);
  model.next("ok");
  await run("hi there", options);
  model.next([text("Let me see."), toolCall("add", { a: 1, b: 2 })], " And done.");
  await run("saying words", { ...options, agent: "operator" });
  model.next([text(long)]);
  await run(`long ${"x".repeat(300)}`, options);
  model.next([toolCall("delete_record", { id: "7" })]);
  await pausedRun("mail it", { ...options, agent: "operator" });
  model.respondWith([fail(400, "the model is away")]);
  await run("please fail", options);
}

/** What differs from time to time, and by deployment, is left out. */
const comparable = ({ run_id, created_at, agent_id, team_id, ...rest }: Preview) => ({
  ...rest,
  has: Object.keys({ run_id, created_at, ...(agent_id && { agent_id }), ...(team_id && { team_id }) }).sort(),
});

describe("GET /sessions/{session_id}/run-previews", () => {
  it("answers as AgentOS does", async () => {
    const options = { session_id: newId(), user_id: "ada" };
    await recordedSession(options);
    const ids: Record<string, string> = {
      agent_session: options.session_id,
      empty: (await call("POST", "/sessions", { user_id: "ada" })).body.session_id,
      none: newId(),
    };
    const fill = (given: string) => given.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
    // Those of a team, and of who may not, are elsewhere.
    const cases = recorded.cases.filter(({ path, ...one }) => !path.includes("team_session") && !("scopes" in one));
    expect(cases.length).toBeGreaterThan(8);
    for (const one of cases) {
      const as = "as" in one && typeof one.as === "string" ? one.as : "ada";
      const [path = "", query] = fill(one.path).split("?");
      const answer = await call("GET", `${path}?user_id=${as}${query === undefined ? "" : `&${query}`}`);
      expect([one.name, answer.status]).toEqual([one.name, one.status]);
      if (Array.isArray(one.body)) {
        // The words of a failed model have what the provider's client puts around them.
        const told = answer.body.map(comparable).map((run: Preview) => ({
          ...run,
          ...(run.status === "ERROR" && { content_preview: expect.any(String) }),
        }));
        expect(one.body.map((run) => comparable(run as Preview))).toEqual(told);
      } else if (typeof one.body.detail === "string") {
        expect([one.name, answer.body.detail]).toEqual([one.name, fill(one.body.detail)]);
      } else {
        expect(answer.body.detail).toMatchObject(one.body.detail.map(({ ctx, ...rest }: { ctx?: unknown }) => rest));
      }
    }
  });

  it("says of each run what the list of runs says, cut to 280 characters", async () => {
    const session_id = newId();
    await recordedSession({ session_id });
    model.next([text("😀".repeat(300))]);
    await run("😀".repeat(300), { session_id });
    const runs = (await call("GET", `/sessions/${session_id}/runs`)).body;
    const cut = (said: string) => [...said].slice(0, 280).join("");
    const short = await previews(session_id);
    expect(short).toHaveLength(6);
    expect(short).toEqual(
      runs.map((one: Preview) => ({
        run_id: one.run_id,
        parent_run_id: one.parent_run_id,
        agent_id: one.agent_id,
        user_id: one.user_id,
        status: one.status,
        run_input: cut(one.run_input ?? ""),
        content_preview: cut(one.content ?? ""),
        created_at: one.created_at,
      })),
    );
  });

  it("has the runs of a team and of its members", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    say(model, { leader: [[delegate(ada, "Help")], [text("Done.")]], ada: [[text("Helped.")]] });
    const session_id = newId();
    await runTeam(team, "go", { session_id });
    const runs = (await call("GET", `/sessions/${session_id}/runs`)).body;
    const short = await previews(session_id);
    const shown = ({ run_id, parent_run_id, agent_id, team_id, content, content_preview = content }: Preview) => ({
      ...{ run_id, parent_run_id, agent_id, team_id, said: content_preview },
    });
    expect(short.map(shown)).toEqual(runs.map(shown));
    expect(short).toMatchObject([{ content_preview: "Helped." }, { team_id: team, content_preview: "Done." }]);
  });

  it("says what a paused run waits for, of all that it waits for", async () => {
    const { agent } = peopleAgent();
    const session_id = newId();
    model.next([toolCall("wipe", { disk: 1 }), toolCall("sign", { paper: "p" })]);
    await pausedRun("go", { agent, session_id });
    const [one] = await previews(session_id);
    expect(one?.content_preview).toBe((await call("GET", `/sessions/${session_id}/runs`)).body[0].content);
    expect(one?.content_preview).toContain("I have tools to execute");
  });
});
