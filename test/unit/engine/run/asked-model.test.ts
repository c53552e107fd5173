import { describe, expect, it } from "vitest";
import { AskedModels, modelAt } from "../../../../src/engine/run/asked-model.ts";
import type { LogEntry } from "../../../../src/engine/run/event-log.ts";

const model = { id: "last", provider: "P", name: null };
const request: LogEntry = { kind: "model_requested", at: 0 };
const changed = (id: string): LogEntry => ({ kind: "model_changed", at: 0, before: { id, provider: "P" } });

describe("the model that a run asked", () => {
  it("is the one before the next change, and behind all of them the run's", () => {
    const log = [request, changed("first"), changed("second"), request, changed("third"), request];
    const models = new AskedModels({ log, model });
    const ids = log.map((_, entries) => models.at(entries).id);
    expect(ids).toEqual(["first", "first", "second", "third", "third", "last"]);
    expect(ids).toEqual(log.map((_, entries) => modelAt({ log, model }, entries).id));
  });

  it("is right in a log that grows while it is read", () => {
    const run: { log: LogEntry[]; model: typeof model } = {
      log: [request],
      model: { id: "first", provider: "P", name: null },
    };
    const models = new AskedModels(run);
    expect(models.at(0).id).toBe("first");
    run.log.push(changed("first"), request);
    run.model = model;
    expect([models.at(0).id, models.at(1).id, models.at(2).id]).toEqual(["first", "first", "last"]);
  });

  it("is found in time in step with the length of the log", () => {
    let reads = 0;
    const entries = new Array<LogEntry>(10_000).fill(request);
    const log = new Proxy(entries, {
      get: (target, name) => {
        reads += typeof name === "string" && /^\d/.test(name) ? 1 : 0;
        return Reflect.get(target, name);
      },
    });
    const models = new AskedModels({ log, model });
    for (let nth = 0; nth < entries.length; nth += 1) models.at(nth);
    expect(reads).toBeLessThanOrEqual(2 * entries.length);
  });
});
