import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { APIS, askFor, newModel } from "../../support/openai-model.ts";
import { fail, gate, hold, scriptModel, text } from "../../support/scripted-model.ts";

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
