import { describe, expect, it } from "vitest";
import { secondsNow, tokenFor } from "../support/credentials.ts";
import { deployment } from "../support/deployment.ts";
import { newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What Agno's agent-ui sends with a user's JWT in its text box, in its order, from a page of another origin: so a browser asks
// by a preflight before each request. What is looked at is what agent-ui reads (case 112).

const model = scriptModel();
const PAGE = "https://chat.example.com";
const server = deployment({ CORS_ORIGINS: PAGE });

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON
type Json = any;

/** A browser's `fetch` of a page: it asks whether the page may send this, and hands on only what the page may see. */
async function fetched(method: string, path: string, headers: Record<string, string>, body?: FormData) {
  const asked = Object.keys(headers).map((name) => name.toLowerCase());
  const preflight = await server("OPTIONS", path, {
    Origin: PAGE,
    "Access-Control-Request-Method": method,
    "Access-Control-Request-Headers": asked.toSorted().join(","),
  });
  const allowed = (name: string) => (preflight.headers.get(name) ?? "").toLowerCase().split(/, */);
  expect([preflight.status, preflight.headers.get("Access-Control-Allow-Origin")]).toEqual([200, PAGE]);
  expect(allowed("Access-Control-Allow-Methods")).toContain(method.toLowerCase());
  expect(allowed("Access-Control-Allow-Headers")).toEqual(expect.arrayContaining(asked));
  const response = await server(method, path, { Origin: PAGE, ...headers }, body);
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(PAGE);
  return response;
}

/** The objects of a stream as agent-ui finds them: it knows no lines and no `data:`, only braces. */
function objectsIn(text: string): Json[] {
  const objects: Json[] = [];
  for (let from = text.indexOf("{"); from >= 0; from = text.indexOf("{", from)) {
    const to = endOfObject(text, from);
    objects.push(JSON.parse(text.slice(from, to)));
    from = to;
  }
  return objects;
}

function endOfObject(text: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (inString && char === "\\") at += 1;
    else if (char === '"') inString = !inString;
    else if (!inString && char === "{") depth += 1;
    else if (!inString && char === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new Error("An object has no end.");
}

/** agent-ui with this token in its text box. */
function agentUi(token: string) {
  const authorization = { Authorization: `Bearer ${token}` };
  const ask = (method: string, path: string) =>
    fetched(method, path, { "Content-Type": "application/json", ...authorization });
  const json = async (path: string): Promise<Json> => {
    const response = await ask("GET", path);
    return response.ok ? response.json() : [];
  };
  return {
    health: async () => (await ask("GET", "/health")).status,
    teams: () => json("/teams"),
    agents: () => json("/agents"),
    sessions: async (type: string, id: string, db: string) =>
      (await json(`/sessions?type=${type}&component_id=${id}&db_id=${db}`)).data ?? [],
    runs: (session: string, type: string, db: string) => json(`/sessions/${session}/runs?type=${type}&db_id=${db}`),
    remove: async (session: string, db: string) => (await ask("DELETE", `/sessions/${session}?db_id=${db}`)).ok,
    /** Sends a message; "" begins a session. Only the token is named here: the browser says what a form is. */
    async say(path: string, message: string, session_id: string): Promise<Json[] | string> {
      const form = new FormData();
      form.append("message", message);
      form.append("stream", "true");
      form.append("session_id", session_id);
      const response = await fetched("POST", `${path}/runs`, authorization, form);
      if (response.ok) return objectsIn(await response.text());
      return String((await response.json<Json>()).detail);
    },
  };
}

const said = (events: Json[] | string): Json[] => {
  if (typeof events === "string") throw new Error(events);
  return events;
};

describe.each([
  { type: "agent", path: "/agents/assistant", prefix: "" },
  { type: "team", path: "/teams/support", prefix: "Team" },
])("agent-ui with a user's JWT, and a session of its $type", ({ type, path, prefix }) => {
  const id = path.split("/").at(-1) ?? "";

  it("finds who is there, begins a session, lists it, opens it, goes on in it, and deletes it", async () => {
    model.respondWith("Hello there.");
    const page = agentUi(await tokenFor(`ada-${newId()}`));
    expect(await page.health()).toBe(200);
    const components = [...(await page.teams()), ...(await page.agents())];
    const component = components.find((one) => one.id === id);
    // Without an id of a database it never asks for sessions.
    expect([component.name, component.db_id, component.model.provider]).toEqual([
      expect.any(String),
      expect.stringMatching(/./),
      expect.any(String),
    ]);
    const db = component.db_id;
    expect(await page.sessions(type, id, db)).toEqual([]);

    const events = said(await page.say(path, "Hi", ""));
    // An object with `data` would be unwrapped, and one without `event` would be none.
    expect(events.filter((one) => typeof one.event !== "string" || "data" in one)).toEqual([]);
    const [started] = events;
    expect([started.event, typeof started.session_id, typeof started.created_at]).toEqual([
      `${prefix}RunStarted`,
      "string",
      "number",
    ]);
    const deltas = events.filter(({ event }) => event === `${prefix}RunContent`).map(({ content }) => content);
    expect(deltas.join("")).toBe("Hello there.");
    expect(events.findLast(({ event }) => event === `${prefix}RunCompleted`).content).toBe("Hello there.");

    const { session_id } = started;
    const [listed] = await page.sessions(type, id, db);
    expect([listed.session_id, listed.session_name, typeof listed.created_at]).toEqual([session_id, "Hi", "string"]);
    said(await page.say(path, "And again", session_id));
    const bubbles = (await page.runs(session_id, type, db)).map((run: Json) => [run.run_input, run.content]);
    expect(bubbles).toEqual([
      ["Hi", "Hello there."],
      ["And again", "Hello there."],
    ]);
    expect(await page.remove(session_id, db)).toBe(true);
    expect(await page.sessions(type, id, db)).toEqual([]);
  });

  it("shows nothing of another user's session, and says why a message was not taken", async () => {
    model.respondWith("Hello there.");
    const [ada, bob] = [agentUi(await tokenFor(`ada-${newId()}`)), agentUi(await tokenFor(`bob-${newId()}`))];
    const [{ session_id }] = said(await ada.say(path, "Hi", ""));
    const [{ db_id }] = await ada.agents();
    expect(await bob.sessions(type, id, db_id)).toEqual([]);
    expect(await bob.runs(session_id, type, db_id)).toEqual([]);
    expect(await bob.say(path, "Hi", session_id)).toBe("Session not found");
    // A delete is answered alike, whosever the session is.
    expect(await bob.remove(session_id, db_id)).toBe(true);
    expect(await ada.sessions(type, id, db_id)).toHaveLength(1);
    const late = agentUi(await tokenFor("ada", { exp: secondsNow() - 60 }));
    expect([await late.health(), await late.agents()]).toEqual([200, []]);
    expect(await late.say(path, "Hi", "")).toBe("Token has expired");
  });
});
