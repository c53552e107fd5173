import { expect, it } from "vitest";
import { call, names, newId, run, streamRun } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

const model = scriptModel();

it("answers a run that is not streamed with AgentOS's run output", async () => {
  const session_id = newId();
  model.next("Hello there");
  const answer = await run("hi", { session_id, user_id: "u1" });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  console.log(JSON.stringify(answer.body, null, 1), Object.fromEntries(answer.headers));
  const events = await streamRun("again", { session_id, user_id: "u1" });
  console.log(JSON.stringify(events, null, 0));
  expect(names(events)).toEqual([
    "RunStarted",
    "ModelRequestStarted",
    "RunContent",
    "RunContent",
    "ModelRequestCompleted",
    "RunContentCompleted",
    "RunCompleted",
  ]);
  const detail = await call("GET", `/sessions/${session_id}?user_id=u1`);
  console.log(JSON.stringify(detail.body, null, 1));
  const list = await call("GET", `/sessions?user_id=u1`);
  console.log(JSON.stringify(list.body, null, 1));
  const runs = await call("GET", `/sessions/${session_id}/runs`);
  console.log(JSON.stringify(runs.body).slice(0, 3000));
});
