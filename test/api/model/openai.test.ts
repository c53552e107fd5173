import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { call, newId, run } from "../../support/http.ts";
import { APIS, askFor, newModel } from "../../support/openai-model.ts";
import { fail, gate, hold, scriptModel, summary, text, thinks } from "../../support/scripted-model.ts";

const provider = scriptModel();

describe.each(APIS)("an answer of $api", (tested) => {
  it("that is held in one Durable Object holds none in another", async () => {
    const point = gate();
    provider.next([hold(point), text("one")], [text("t"), hold(point), text("wo")]);
    const answers = ["a", "b"].map((name) =>
      runInDurableObject(env.SESSIONS.getByName(name), () => askFor({}, newModel(tested))),
    );
    await point.reached(2);
    point.release();
    expect((await Promise.all(answers)).map((answer) => answer.text).sort()).toEqual(["one", "two"]);
  });
});

describe.each(APIS)("a failure of $api", (tested) => {
  it("never holds the credentials of the base URL", async () => {
    const baseUrl = "http://user:hunter22@model.test/v1";
    provider.respondWith([fail(502, `no route to ${baseUrl} with hunter22`)]);
    const { error } = await askFor({}, newModel(tested, { baseUrl }));
    expect(error?.message).toContain("no route to");
    expect(error?.message).not.toContain("hunter22");
  });
});

describe.each(APIS)("a session whose agent asks by $api", ({ api }) => {
  it("is named and summarized by it, without what the model thought", async () => {
    const agent = testAgent({ model: { id: `by-${api}`, api }, naming: { after: 0 } });
    const session_id = newId();
    provider.next([thinks("Hm."), text("Whales sing.")]);
    await run("Do whales sing?", { session_id, agent });
    provider.nextNames([thinks("A title."), text('{"name": "Whale Songs"}')]);
    const named = await call("POST", `/sessions/${session_id}/rename`, { autogenerate: true });
    expect(named.body.session_name).toBe("Whale Songs");
    provider.nextSummaries([thinks("In short."), ...summary("Whales sing.")]);
    const made = await call("POST", `/sessions/${session_id}/summary`, {});
    expect(made.body).toMatchObject({ summary: "Whales sing." });
    expect(provider.calls.map((asked) => asked.api)).toEqual([api, api, api]);
    expect(JSON.stringify(provider.calls.slice(1).map(({ body }) => body))).not.toContain("Hm.");
  });
});
