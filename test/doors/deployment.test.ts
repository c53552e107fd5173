import { describe, expect, it } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { call, newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What holds for every door of a deployment.

scriptModel();

describe("a deployment with doors", () => {
  it("asks for a credential", async () => {
    const { status, body } = await call("GET", "/sessions");
    expect([status, body.detail]).toEqual([401, "Authorization header missing"]);
  });

  it("takes the key and tokens side by side; a token's user owns what it makes", async () => {
    const ada = bearer(await tokenFor("ada"));
    const session_id = newId();
    const made = await call("POST", "/agents/assistant/runs", { message: "Hello", stream: false, session_id }, ada);
    expect([made.status, made.body.status]).toEqual([200, "COMPLETED"]);
    expect((await call("GET", `/sessions/${session_id}`, undefined, ada)).body.user_id).toBe("ada");
    expect((await call("GET", `/sessions/${session_id}`, undefined, key)).body.user_id).toBe("ada");
    const bob = bearer(await tokenFor("bob"));
    expect((await call("GET", `/sessions/${session_id}`, undefined, bob)).status).toBe(404);
  });
});
