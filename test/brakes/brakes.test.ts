/** The platform's brakes, with the small limits of this project: 3 wrong credentials, 12 requests and 3 starts of runs in a minute. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "../../src/index.ts";
import { chatOf } from "../support/chat.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { type Answer, call, newId, send } from "../support/http.ts";
import { seedRuns } from "../support/rows.ts";
import { scriptModel } from "../support/scripted-model.ts";

scriptModel();

/** The brakes count by minutes of the clock: a test that begins at the end of one would see two. */
beforeEach(async () => {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left + 100));
}, 90_000);

const statuses = (answers: Answer[]) => answers.map(({ status }) => status);

async function repeated(times: number, once: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let nth = 0; nth < times; nth++) answers.push(await once());
  return answers;
}

const from = (address: string, headers: Record<string, string>) =>
  call("GET", "/sessions", undefined, { "CF-Connecting-IP": address, ...headers });
const wrong = bearer("no-such-key");

describe("wrong credentials", () => {
  // case 94
  it("are answered 429 from the fourth on, while a right one from there passes", async () => {
    const answers = await repeated(4, () => from("192.0.2.1", wrong));
    expect(statuses(answers)).toEqual([401, 401, 401, 429]);
    expect(answers[3]?.body).toMatchObject({
      detail: "Too many failed authentication attempts",
      code: "rate_limited",
    });
    expect(answers[3]?.headers.get("Retry-After")).toBe("60");
    expect((await from("192.0.2.1", key)).status).toBe(200);
    expect((await from("192.0.2.1", bearer(await tokenFor(newId())))).status).toBe(200);
    expect((await from("192.0.2.2", wrong)).status).toBe(401);
  });

  // case 95
  it("count for all addresses of one IPv6 network together", async () => {
    const addresses = ["2001:db8:1:2::1", "2001:db8:1:2:aaaa::", "2001:0db8:0001:0002:1:2:3:4", "2001:DB8:1:2::ffff"];
    const answers: Answer[] = [];
    for (const address of addresses) answers.push(await from(address, wrong));
    expect(statuses(answers)).toEqual([401, 401, 401, 429]);
    expect((await from("2001:db8:1:3::1", wrong)).status).toBe(401);
  });

  it("do not count where none is shown", async () => {
    const answers = await repeated(5, () => from("192.0.2.3", {}));
    expect(statuses(answers)).toEqual([401, 401, 401, 401, 401]);
    expect((await from("192.0.2.3", wrong)).status).toBe(401);
  });
});

describe("requests of an end user", () => {
  // case 96
  it("are answered 429 from the thirteenth on, and those of others are not", async () => {
    const user = bearer(await tokenFor(newId()));
    const answers = await repeated(13, () => call("GET", "/agents", undefined, user));
    expect(statuses(answers)).toEqual([...Array(12).fill(200), 429]);
    expect(answers[12]?.body).toMatchObject({
      detail: "Too many requests. Try again in 60 seconds.",
      code: "rate_limited",
    });
    expect(answers[12]?.headers.get("Retry-After")).toBe("60");
    expect((await call("GET", "/nowhere", undefined, user)).status).toBe(429);
    expect((await call("GET", "/agents", undefined, bearer(await tokenFor(newId())))).status).toBe(200);
    expect((await call("GET", "/health", undefined, user)).status).toBe(200);
  });

  // case 106
  it("are not braked for the key, and for a token that may speak for any user", async () => {
    const staff = bearer(await tokenFor(newId(), { scopes: ["agents:read", "users:act"] }));
    for (const caller of [key, staff]) {
      const answers = await repeated(14, () => call("GET", "/agents", undefined, caller));
      expect(new Set(statuses(answers))).toEqual(new Set([200]));
    }
  });

  it("pass where a brake is not bound, throws or never answers", async () => {
    const user = bearer(await tokenFor(newId()));
    const hangs: RateLimit = { limit: () => new Promise(() => {}) };
    const throws: RateLimit = { limit: () => Promise.reject(new Error("the platform")) };
    const answerWith = async (brakes: object) =>
      (
        await worker.fetch(
          new Request("http://localhost/agents", { headers: user }),
          { ...env, ...brakes },
          createExecutionContext(),
        )
      ).status;
    // case 97
    const unbound = { REQUESTS: undefined, RUN_STARTS: undefined, AUTH_FAILURES: undefined };
    for (let nth = 0; nth < 13; nth++) expect(await answerWith(unbound)).toBe(200);
    expect(await answerWith({ REQUESTS: throws })).toBe(200);
    expect(await answerWith({ REQUESTS: hangs })).toBe(200);
  });
});

describe("a list of runs that is read page by page", () => {
  /** A user with a session of so many runs, each of which is a page. */
  async function withPages(pages: number) {
    const user = bearer(await tokenFor(newId()));
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: "assistant" }, user);
    await seedRuns(session_id, pages, "hex(zeroblob(150000))");
    const paths = [`/sessions/${session_id}/runs`, `/agents/assistant/runs?session_id=${session_id}`];
    return { user, paths };
  }
  const runsOf = async (path: string, caller: Record<string, string>) =>
    (await (await send("GET", path, undefined, caller)).json<unknown[]>()).length;
  const next = async (user: Record<string, string>) => (await call("GET", "/agents", undefined, user)).status;

  it("counts each page behind the first as one request more", async () => {
    // One request made the session, and twelve are let pass.
    const { user, paths } = await withPages(5);
    for (const path of paths) expect(await runsOf(path, user)).toBe(5);
    expect([await next(user), await next(user)]).toEqual([200, 429]);
  });

  it("ends before the page that is one too many, so that many lists at once read no more than one", async () => {
    const { user, paths } = await withPages(14);
    const [path = ""] = paths;
    const answer = await send("GET", path, undefined, user);
    expect(answer.status).toBe(200);
    const read = answer.text().then(({ length }) => length);
    await expect(read).rejects.toThrow();
    expect(await next(user)).toBe(429);
    expect(await runsOf(path, key)).toBe(14);
  });
});

describe("previews of runs", () => {
  it("count each fifty as one request more", async () => {
    const user = bearer(await tokenFor(newId()));
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: "assistant" }, user);
    await seedRuns(session_id, 250, "'hi'");
    const read = () => call("GET", `/sessions/${session_id}/run-previews`, undefined, user);
    // One request made the session, and twelve are let pass.
    expect((await read()).body).toHaveLength(250);
    const second = await read();
    expect([second.status, second.body.code]).toEqual([429, "rate_limited"]);
  });
});

describe("a filter that few runs pass", () => {
  it.each([
    ["runs", "created_after=4000000000"],
    ["run-previews", "status=error"],
  ])("counts each fifty runs of the session as one request more: %s?%s", async (list, filter) => {
    const user = bearer(await tokenFor(newId()));
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: "assistant" }, user);
    await seedRuns(session_id, 300, "'hi'");
    const read = () => call("GET", `/sessions/${session_id}/${list}?${filter}`, undefined, user);
    expect((await read()).body).toEqual([]);
    expect((await read()).body.code).toBe("rate_limited");
  });
});

describe("a chat's history", () => {
  it("counts each 256 KB behind the first as one request more, and one that is too many is 429, not half a page", async () => {
    const user = bearer(await tokenFor(newId()));
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: "assistant" }, user);
    await seedRuns(session_id, 9, "hex(zeroblob(150000))");
    const read = (limit: number) => chatOf(session_id, { query: `limit=${limit}`, headers: user });
    // One request made the session, and twelve are let pass.
    const first = await read(9);
    expect([first.status, first.body.messages?.length]).toEqual([200, 9]);
    const second = await read(4);
    expect([second.status, second.body.code, second.headers.get("Retry-After")]).toEqual([429, "rate_limited", "60"]);
    expect((await chatOf(session_id, { headers: key })).body.messages).toHaveLength(9);
  });
});

describe("what costs a model, or reads very much", () => {
  const session_id = newId();
  const costly: [name: string, send: (user: Record<string, string>) => Promise<Answer>][] = [
    ["a run", (user) => call("POST", "/agents/assistant/runs", { message: "hi", stream: false }, user)],
    ["a continue", (user) => call("POST", `/agents/assistant/runs/${newId()}/continue`, { session_id }, user)],
    ["a summary", (user) => call("POST", `/sessions/${session_id}/summary`, undefined, user)],
    ["a generated name", (user) => call("POST", `/sessions/${session_id}/rename`, { autogenerate: true }, user)],
    ["a fork", (user) => call("POST", `/agents/assistant/sessions/${session_id}/fork`, undefined, user)],
    ["an export", (user) => call("GET", `/sessions/${session_id}/export`, undefined, user)],
    ["an export of a user", (user) => call("GET", "/export?user_id=me", undefined, user)],
  ];

  // case 96
  it.each(costly)("is braked from the fourth on: %s", async (_name, send) => {
    const id = newId();
    const user = bearer(await tokenFor(id));
    const answers = await repeated(4, () => send(user));
    expect(statuses(answers).slice(0, 3)).not.toContain(429);
    expect([answers[3]?.status, answers[3]?.body.code]).toEqual([429, "rate_limited"]);
    // What costs nothing goes on, and a name by hand is such.
    const renamed = await call("POST", `/sessions/${session_id}/rename`, { session_name: "By hand" }, user);
    expect(renamed.status).toBe(404);
    expect((await call("GET", "/sessions", undefined, user)).status).toBe(200);
  });

  it("brakes tokens of machines too, whose rows stay", async () => {
    const user = bearer(await tokenFor(newId(), { scopes: ["service_accounts:write", "agents:run"] }));
    const mint = () =>
      call("POST", "/service-accounts", { name: `m-${newId()}`, scopes: [{ scope: "agents:run" }] }, user);
    const made = await mint();
    const rotate = () => call("POST", `/service-accounts/${made.body.id}/rotate`, { overlap_seconds: 0 }, user);
    expect(statuses([made, await rotate(), await mint(), await mint(), await rotate()])).toEqual([
      201, 201, 201, 429, 429,
    ]);
  });

  it("counts all of them together, for the user whose they are", async () => {
    const user = bearer(await tokenFor(newId()));
    for (const [, send] of costly.slice(0, 3)) expect((await send(user)).status).not.toBe(429);
    expect((await costly[4]?.[1](user))?.status).toBe(429);
  });

  describe("is asked of both brakes at once", () => {
    /** Runs with these brakes, each of which answers only once both were asked. */
    async function runWith(lets: { requests: boolean; starts: boolean }, scopes: string[] = ["agents:run"]) {
      const asked: string[] = [];
      const both = Promise.withResolvers<void>();
      const brake = (name: string, success: boolean): RateLimit => ({
        limit: async () => {
          if (asked.push(name) === 2) both.resolve();
          await both.promise;
          return { success };
        },
      });
      const response = await worker.fetch(
        new Request("http://localhost/agents/assistant/runs", {
          method: "POST",
          headers: { ...bearer(await tokenFor(newId(), { scopes })), "Content-Type": "application/json" },
          body: JSON.stringify({ message: "hi", stream: false }),
        }),
        { ...env, REQUESTS: brake("requests", lets.requests), RUN_STARTS: brake("starts", lets.starts) },
        createExecutionContext(),
      );
      const { code } = await response.json<{ code?: string }>();
      return { status: response.status, code, asked: asked.toSorted() };
    }
    const asked = ["requests", "starts"];

    it("and runs only where both let it", async () => {
      expect(await runWith({ requests: true, starts: true })).toEqual({ status: 200, asked });
      const braked = { status: 429, code: "rate_limited", asked };
      expect(await runWith({ requests: true, starts: false })).toEqual(braked);
      expect(await runWith({ requests: false, starts: true })).toEqual(braked);
      expect(await runWith({ requests: false, starts: false })).toEqual(braked);
    });

    it("and too many requests are told before a scope that is lacking, too many starts behind it", async () => {
      const [first, second] = [
        { requests: false, starts: false },
        { requests: true, starts: false },
      ];
      expect((await runWith(first, ["agents:read"])).status).toBe(429);
      expect((await runWith(second, ["agents:read"])).status).toBe(403);
    });
  });

  it("is not braked for the key", async () => {
    const answers = await repeated(5, () =>
      call("POST", "/agents/assistant/runs", { message: "hi", stream: false, user_id: "ada" }, key),
    );
    expect(statuses(answers)).toEqual([200, 200, 200, 200, 200]);
  });
});
