import { describe, expect, it } from "vitest";
import { documentedOperations, filledPath } from "../../support/document.ts";
import { call, newId, run, send } from "../../support/http.ts";
import { scriptModel } from "../../support/scripted-model.ts";

const model = scriptModel();

/** The parts of a path that URL parsers take out before it is sent, in all spellings that they know. */
const FOLDED = [".", "..", "%2e", "%2E%2e"];
/** Paths that answer alike for everybody, so a request that lands there learns nothing of a session. */
const DISCOVERY = /^\/((agents|teams)(\/[^/]*)?\/?)?$/;

const operations = (await documentedOperations()).flatMap((operation) =>
  [...operation.path.matchAll(/\{(.+?)\}/g)].map(([, parameter = ""]) => ({ ...operation, parameter })),
);

/** A session with a run, all of whose texts are this secret. An answer with the secret shows this session. */
async function sessionOf(secret: string) {
  model.respondWith(secret);
  const { body } = await run(secret, { session_id: `s-${newId()}`, agent: "operator" });
  return { session_id: String(body.session_id), run_id: String(body.run_id), secret };
}
const shown = async (session: string) => [
  (await call("GET", `/sessions/${session}`)).body,
  (await call("GET", `/sessions/${session}/runs`)).body,
];

describe("an id that a URL parser folds away", () => {
  it("is in the paths of these tests at all", () => {
    expect(operations.length).toBeGreaterThan(60);
  });

  it.each(operations)(
    "lands nowhere, or on what the other ids name: $parameter of $method $path",
    async (operation) => {
      const { method, path, parameter, parameters, requestBody } = operation;
      const [named, other] = [await sessionOf(`named-${newId()}`), await sessionOf(`other-${newId()}`)];
      const before = [await shown(named.session_id), await shown(other.session_id)];
      const ids = {
        ...named,
        agent_id: "operator",
        team_id: "support",
        user_id: "ada",
        job_id: "j",
        message_index: "1",
      };
      const wanted = parameters.filter((one) => one.in === "query" && one.required === true);
      const query = new URLSearchParams(wanted.map(({ name }) => [name, named.session_id]));
      for (const folded of FOLDED) {
        const marked = filledPath(path, { ...ids, [parameter]: "FOLDED" }).replace("FOLDED", folded);
        const url = new URL(`${marked}?${query}`, "http://localhost");
        const body = requestBody === undefined ? undefined : { session_id: named.session_id };
        const answer = await send(method, url.pathname + url.search, body);
        const text = await answer.text();
        const isNamed = url.href.includes(named.session_id);
        expect([url.pathname, text.includes(other.secret)]).toEqual([url.pathname, false]);
        expect([url.pathname, text.includes(named.secret) && !isNamed]).toEqual([url.pathname, false]);
        if (answer.status < 400 && !DISCOVERY.test(url.pathname))
          expect([url.pathname, isNamed]).toEqual([url.pathname, true]);
      }
      expect([await shown(named.session_id), await shown(other.session_id)]).toEqual(before);
    },
  );
});

describe("what such an id may land on", () => {
  it("everybody's export has to be asked for by name", async () => {
    await sessionOf(`secret-${newId()}`);
    const { status, body } = await call("GET", "/export");
    expect([status, body.detail[0]]).toMatchObject([
      422,
      { loc: ["query", "user_id"], msg: "Value error, give user_id, or all=true" },
    ]);
    const all = await send("GET", "/export?all=true");
    // It has those of the tests before this one too, and may end with a cursor.
    expect(await all.text()).toMatch(/"first_message":"(?:named|other|secret)-/);
    expect((await call("GET", "/export?all=true&user_id=ada")).status).toBe(422);
    expect((await call("GET", "/export?all=false")).status).toBe(422);
  });

  it.each([["/sessions"], ["/jobs"], ["/naming-jobs"], ["/requirements"], ["/search"]])(
    "%s with a slash at its end is one user's, or not found",
    async (path) => {
      expect((await call("GET", `${path}?q=word`)).status).toBe(200);
      expect((await call("GET", `${path}/?q=word`)).body).toMatchObject({ code: "not_found" });
      expect((await call("GET", `${path}/?q=word&user_id=ada`)).status).toBe(200);
    },
  );

  it("what names its session, and discovery, may have that slash", async () => {
    const { session_id } = await sessionOf("text");
    for (const path of [`/sessions/${session_id}/`, "/agents/", "/config/", "/health/"]) {
      expect([path, (await call("GET", path)).status]).toEqual([path, 200]);
    }
  });
});
