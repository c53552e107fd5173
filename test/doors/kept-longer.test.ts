import { describe, expect, it } from "vitest";
import { testAgent } from "../support/agents.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { type Answer, call, newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

// case 63: how long a session is kept, as far as its user decides it.

scriptModel();

const DENIED = [403, "forbidden", "Access denied to keep this session longer"];
const told = ({ status, body }: Answer) => [status, body.code, body.detail];
const ada = async () => bearer(await tokenFor("ada"));

const made = async (fields: object, headers: Record<string, string>) => call("POST", "/sessions", fields, headers);
const patched = async (id: string, body: object, headers: Record<string, string>, merge = false) =>
  call("PATCH", `/sessions/${id}`, merge ? JSON.stringify(body) : body, {
    ...headers,
    ...(merge && { "Content-Type": "application/merge-patch+json" }),
  });

describe("a user's session", () => {
  it("is kept shorter where the user asks for that, and not longer again", async () => {
    const headers = await ada();
    const session_id = newId();
    expect((await made({ session_id }, headers)).status).toBe(201);
    expect((await patched(session_id, { ttl_seconds: 3600 }, headers)).body.ttl_seconds).toBe(3600);
    expect((await patched(session_id, { ttl_seconds: 3600 }, headers)).status).toBe(200);
    expect(told(await patched(session_id, { ttl_seconds: 3601, session_name: "Kept" }, headers))).toEqual(DENIED);
    // Null takes the session's own time away: the deployment keeps sessions for ever.
    expect(told(await patched(session_id, { ttl_seconds: null }, headers, true))).toEqual(DENIED);
    const { body } = await call("GET", `/sessions/${session_id}`, undefined, headers);
    expect([body.ttl_seconds, body.session_name]).not.toContain("Kept");
    expect(body.ttl_seconds).toBe(3600);
    expect((await patched(session_id, { ttl_seconds: 60 }, headers)).body.ttl_seconds).toBe(60);
    expect((await patched(session_id, { ttl_seconds: 7200 }, key)).body.ttl_seconds).toBe(7200);
  });

  it("is kept no longer than its agent says, from its beginning on", async () => {
    const headers = await ada();
    const agent_id = testAgent({ sessionTtlSeconds: 600 });
    expect(told(await made({ agent_id, ttl_seconds: 601 }, headers))).toEqual(DENIED);
    const session_id = newId();
    expect((await made({ session_id, agent_id, ttl_seconds: 600 }, headers)).status).toBe(201);
    // Without a time of its own it is kept as its agent says, which is not longer.
    expect((await patched(session_id, { ttl_seconds: null }, headers, true)).status).toBe(200);
    expect(told(await patched(session_id, { ttl_seconds: 601 }, headers))).toEqual(DENIED);
    expect((await made({ agent_id, ttl_seconds: 601 }, key)).status).toBe(201);
  });
});
