import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { accepts, lateArrival, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { formOf } from "../../support/old-form.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { killObjects } from "../../support/session-story.ts";

scriptModel();
const d1 = watchD1();

const KIND = "Be kind.";

/** Messages that name a text which their session does not have. */
const lost = (sessionId: string) =>
  env.DB.prepare(
    `select count(*) as n from messages where session_id = ? and system_text is not null and not exists
     (select 1 from system_texts where system_texts.session_id = messages.session_id and text_id = system_text)`,
  )
    .bind(sessionId)
    .first<number>("n");

describe("a text that runs share", () => {
  it("is stored with the accept that D1 takes at its second try", async () => {
    const [agent, session_id] = [testAgent({ instructions: KIND }), newId()];
    d1.next(accepts(session_id), unanswered());
    expect((await run("one", { agent, session_id })).body.status).toBe("COMPLETED");
    expect((await formOf(session_id)).texts).toMatchObject([{ first: 0 }]);
    expect(await lost(session_id)).toBe(0);
  });

  it("stays when the accept of another run that names it is withdrawn", async () => {
    const [agent, session_id] = [testAgent({ instructions: KIND }), newId()];
    await run("one", { agent, session_id });
    d1.next(accepts(session_id), unanswered(), 3);
    expect((await run("two", { agent, session_id })).status).toBe(503);
    expect((await run("three", { agent, session_id })).body.status).toBe("COMPLETED");
    expect(await formOf(session_id)).toMatchObject({ systems: [{}, {}], texts: [{ first: 0 }] });
    expect(await lost(session_id)).toBe(0);
  });

  it("is stored again after the accept that first brought it was withdrawn, whether D1 had it or not", async () => {
    for (const fault of [unanswered, unsent]) {
      const session_id = newId();
      await run("one", { agent: testAgent({ instructions: "" }), session_id });
      const agent = testAgent({ instructions: KIND });
      d1.next(accepts(session_id), fault(), 3);
      expect((await run("two", { agent, session_id })).status).toBe(503);
      expect((await run("three", { agent, session_id })).body.status).toBe("COMPLETED");
      expect((await formOf(session_id)).systems).toHaveLength(1);
      expect(await lost(session_id)).toBe(0);
      const { body } = await call("GET", `/sessions/${session_id}/messages?limit=2`);
      expect(body.data[0].content).toContain(KIND);
    }
  });

  it("is not left by an accept that comes late, behind its withdrawal or the session's delete", async () => {
    const agent = testAgent({ instructions: KIND });
    for (const meanwhile of ["next run", "delete"] as const) {
      const session_id = newId();
      await run("one", { agent: testAgent({ instructions: "" }), session_id });
      const late = lateArrival();
      d1.next(accepts(session_id), late.fault, 3);
      expect((await run("two", { agent, session_id })).status).toBe(503);
      if (meanwhile === "delete") await call("DELETE", `/sessions/${session_id}`);
      else await run("three", { agent: testAgent({ instructions: "" }), session_id });
      await late.arrive();
      expect(await formOf(session_id)).toMatchObject({ systems: [], texts: [] });
    }
  });

  it("is there for the session that is made anew, warm or after a death", async () => {
    const [agent, session_id] = [testAgent({ instructions: KIND }), newId()];
    for (const kill of [false, true]) {
      await run("one", { agent, session_id });
      await call("DELETE", `/sessions/${session_id}`);
      expect((await formOf(session_id)).texts).toEqual([]);
      if (kill) await killObjects();
      await call("POST", "/sessions", { agent_id: agent, session_id });
      await run("one", { agent, session_id });
      expect(await lost(session_id)).toBe(0);
      expect((await formOf(session_id)).texts).toHaveLength(1);
      await call("DELETE", `/sessions/${session_id}`);
    }
  });
});
