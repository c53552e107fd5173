import { it } from "vitest";
import { call, run } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";
scriptModel();
it("x", async () => {
  const a = await run("hi", { session_id: "50%-abc" });
  console.log(a.status, a.headers.get("X-Session-Id"), JSON.stringify(a.body).slice(0, 300));
  const b = await call("GET", "/sessions?limit=1000&page=9007199254740991");
  console.log(b.status, JSON.stringify(b.body).slice(0, 300));
});
