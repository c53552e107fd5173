import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/domain/outcome.ts";
import { type Principal, principalOf, unlimited } from "../../src/domain/principal.ts";
import { type SessionClient, sessionClient } from "../../src/session/client.ts";
import type { RemoteCall } from "../../src/session/remote-calls.ts";
import type { RequestedPatch } from "../../src/session/row/patch.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { call, newId } from "../support/http.ts";
import { rowsNaming } from "../support/rows.ts";
import { scriptModel } from "../support/scripted-model.ts";

// A session's object asks by itself whom its session exists for: a handler that forgets to is no way in.

const model = scriptModel();

const component = { type: "agent", id: "assistant" } as const;
const reading = { onBusy: "enqueue", read: { kind: "whole" } } as const;
const patch: RequestedPatch = { mode: "replace", ifMatch: null, name: "Stolen" };

interface Asked {
  principal: Principal;
  runId: string;
}

/** How each call is made that a caller is behind; the others the server makes by itself. */
const CALLS: Record<RemoteCall, ((object: SessionClient, asked: Asked) => Promise<Outcome<unknown>>) | "the server's"> =
  {
    startRun: (object, { principal }) => {
      const made = { runId: newId(), component, userId: principal.ownerId, message: "break in", createdAt: Date.now() };
      const request = { ...made, origin: null, claims: null, sessionState: null, idempotency: null };
      return object.startRun({ request, olderStatus: null, principal, ...reading });
    },
    continueRun: (object, asked) =>
      object.continueRun({ ...asked, component, entries: [], answeredBy: null, idempotency: null, ...reading }),
    resumeRun: (object, asked) => object.resumeRun({ ...asked, component, lastEventIndex: null }),
    cancelRun: (object, { principal, runId }) => object.cancelRun(principal, runId),
    patchSession: (object, { principal }) => object.patchSession(principal, patch),
    generateName: (object, { principal }) => object.generateName(principal, null, null),
    summarizeSession: (object, { principal }) => object.summarizeSession(principal, null),
    nameForJob: (object, { principal }) =>
      object.nameForJob({ jobId: newId(), principal, overwrite: "generated", fallback: null }),
    changeForJob: (object, { principal }) => object.changeForJob({ principal, change: { action: "pin" } }),
    deleteSession: (object, { principal }) => object.deleteSession(principal, { undo: true }),
    restoreSession: (object, { principal }) => object.restoreSession(principal, null),
    index: "the server's",
    expireSession: "the server's",
    purgeSession: "the server's",
  };

/** What is answered of a session that does not exist for the caller. */
const said = (outcome: Outcome<unknown>) => (outcome.ok ? (outcome.value ?? "nothing") : outcome.failure.code);
const MISSING = ["session_not_found", "run_not_found"];
const NOT_FOUND = { outcome: "failed", reason: "not_found" };

const bob = principalOf({ ...unlimited("security_key"), caller: "user", subject: "bob", scopes: [] }, null);

describe("a session's object", () => {
  it.each(["another's", "nobody's"])("does nothing for a confined principal in a session that is %s", async (whose) => {
    const session_id = newId();
    const ada = bearer(await tokenFor(`ada-${newId()}`));
    const body = { message: "mine", stream: false, session_id };
    const ran = await call("POST", "/agents/assistant/runs", body, whose === "nobody's" ? key : ada);
    expect(ran.body.status).toBe("COMPLETED");
    const asked = { principal: bob, runId: ran.body.run_id };
    const object = sessionClient(env.SESSIONS, session_id);
    const before = await rowsNaming([session_id]);
    for (const [name, ask] of Object.entries(CALLS)) {
      if (ask === "the server's") continue;
      const answer = said(await ask(object, asked));
      if (/Job$/.test(name)) expect([name, answer]).toMatchObject([name, NOT_FOUND]);
      else expect([name, answer === "nothing" || MISSING.includes(String(answer))]).toEqual([name, true]);
      expect([name, await rowsNaming([session_id])]).toEqual([name, before]);
    }
    expect(model.callsWith("break in")).toEqual([]);
  });
});
