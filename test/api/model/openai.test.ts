import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { APIS, askFor, newModel } from "../../support/openai-model.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";

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
