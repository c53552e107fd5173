import { beforeEach, describe, expect, it } from "vitest";
import { said } from "../support/chat.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { heldBefore, type Operation, watchD1 } from "../support/d1-faults.ts";
import { call, newId, send } from "../support/http.ts";
import { asText, type Line, requirementLine, sessionLines } from "../support/portable-lines.ts";
import { gate, scriptModel } from "../support/scripted-model.ts";

// A user deletes a session while the same user's request reads it, and another user makes one with its id. What the request
// reads then is nothing: neither its answer nor what it begins has a word of the other user's.

scriptModel();
const d1 = watchD1();

/** Of the same length as what the first owner's session says, so that the counts of its log fit. */
const bobsWords = (text: string) => text.replaceAll("question", "bob_asks").replaceAll("answer", "bobans");
const BOB = /bob_asks|bobans/;

const imported = async (body: string) => {
  const answer = await call("POST", "/import", body, { ...key, "Content-Type": "application/x-ndjson" });
  expect([answer.status, answer.body.failed, answer.body.imported]).toEqual([200, 0, 1]);
};

/** Three runs, of which the last two wait for people. The id of the last one is another one in bob's session. */
function sessionOf(user_id: string): string {
  const isWaiting = ({ run_id }: Line) => !run_id.endsWith("run-0");
  const lines = sessionLines(session_id, { user_id, runs: 3 }).flatMap((line): Line[] => {
    if (line.type === "run" && isWaiting(line)) return [{ ...line, ...PAUSED }];
    if (line.type === "message" && line.message_index === 1 && isWaiting(line)) {
      return [line, { ...requirementLine(line.run_id), tool_args: { text: "answer" } }];
    }
    return [line.type === "session_end" ? { ...line, counts: { ...line.counts, requirements: 2 } } : line];
  });
  return asText(lines).replaceAll("run-2", "run-answer");
}
const PAUSED = {
  status: "PAUSED",
  finish_reason: null,
  events: [
    ["S", 0],
    ["P", 0, 0],
  ],
};

let session_id = "";
let run_id = "";
let ada: Record<string, string> = {};
let names = { ada: "", bob: "" };
beforeEach(async () => {
  [session_id, names] = [newId(), { ada: `ada-${newId()}`, bob: `bob-${newId()}` }];
  run_id = `${session_id}-run-0`;
  ada = bearer(await tokenFor(names.ada));
  await imported(sessionOf(names.ada));
});

/** The session is deleted by its owner, and bob has one with the same id, and runs with the same ids. */
async function changeHands(): Promise<void> {
  expect((await call("DELETE", `/sessions/${session_id}`, undefined, ada)).status).toBe(204);
  await imported(bobsWords(sessionOf(names.bob)));
  const bob = bearer(await tokenFor(names.bob));
  const shown = await send("GET", `/sessions/${session_id}/messages`, undefined, bob);
  expect(await shown.text()).toMatch(BOB);
}

/** Reads of a request: of the session, of runs in it, or of all that is ada's. */
const ofRequest =
  (like: RegExp) =>
  ({ statements }: Operation): boolean =>
    !statements.some(({ sql }) => OF_OBJECT.test(sql)) &&
    statements.some(({ sql, params }) => {
      const isNamed = params.some((param) => String(param).includes(session_id) || param === names.ada);
      return isNamed && like.test(sql);
    });
/** What the session's object reads by itself after an import: what waits to start, and what expires. */
const OF_OBJECT = /"waiting" = 1\)? order by|"expires_at" (<=|is not null)/;
/** The first read of anything in the session, behind the look at the session itself. */
const CONTENTS = /from "(messages|runs|requirements)"/;
/** What a list reads behind the rows of its runs. */
const MESSAGES = /^select "session_id", .* from "messages" where/s;
const REQUIREMENTS = /^select [^(]* from "requirements"/;
/** What a chat's history reads behind the places of its runs, and beside them. */
const TREES = /json_each\(\?\) as shown/;
const STANDING = /from "requirements" inner join "runs"/;

interface Case {
  what: string;
  method?: string;
  path(): string;
  body?(): object;
  held?: RegExp;
  /** What would tell of the next owner's session, where it is none of bob's words. */
  tells?: RegExp;
}
const ofRun = (rest = "") => `/agents/assistant/runs/${run_id}${rest}?session_id=${session_id}`;
const ofChat = (rest = "") => `/agents/assistant/chat/${session_id}${rest}`;
const CASES: Case[] = [
  { what: "messages", path: () => `/sessions/${session_id}/messages` },
  { what: "messages behind a cursor", path: () => `/sessions/${session_id}/messages?limit=1&before=${cursor()}` },
  { what: "chat history", path: () => `/sessions/${session_id}/chat-history` },
  { what: "the session with its chat", path: () => `/sessions/${session_id}` },
  { what: "the session's runs", path: () => `/sessions/${session_id}/runs` },
  { what: "the messages of the session's runs", path: () => `/sessions/${session_id}/runs`, held: MESSAGES },
  { what: "what the session's runs ask", path: () => `/sessions/${session_id}/runs`, held: REQUIREMENTS },
  { what: "the session's newest runs", path: () => `/sessions/${session_id}/runs?limit=2` },
  { what: "that a run stands in a list", path: () => `/sessions/${session_id}/runs?before=${run_id}`, tells: /^\[/ },
  { what: "previews of runs", path: () => `/sessions/${session_id}/run-previews` },
  { what: "a run of the session", path: () => `/sessions/${session_id}/runs/${run_id}` },
  { what: "an agent's runs", path: () => `/agents/assistant/runs?session_id=${session_id}` },
  { what: "an agent's run", path: () => ofRun() },
  { what: "checkpoints", path: () => ofRun("/checkpoints") },
  { what: "a checkpoint", path: () => ofRun("/checkpoints/2") },
  { what: "a chat's history", path: () => ofChat() },
  { what: "the messages of a chat's history", path: () => ofChat(), held: TREES },
  { what: "how a chat's runs stand", path: () => ofChat(), held: STANDING },
  { what: "that a run stands in a chat", path: () => ofChat(`?before=${run_id}`), tells: /"messages"/ },
  {
    what: "that a chat's message was answered",
    method: "POST",
    path: () => "/agents/assistant/chat",
    body: () => ({ id: session_id, messages: [said("Other words", `${run_id}:user`)] }),
    tells: /answered already/,
  },
  {
    what: "that a chat has newer answers",
    method: "POST",
    path: () => "/agents/assistant/chat",
    body: () => ({ id: session_id, trigger: "regenerate-message", messageId: run_id, messages: [] }),
    tells: /newest/,
  },
  { what: "what runs wait for", path: () => "/requirements", tells: /bobans|"total_count":[1-9]/ },
  { what: "an export", path: () => `/sessions/${session_id}/export` },
  {
    what: "a changed session with its chat",
    method: "PATCH",
    path: () => `/sessions/${session_id}`,
    body: () => ({ session_name: "Mine" }),
    held: /^select [^;]* from \(select [^;]* from "messages"/,
  },
  {
    what: "a run made of an older one",
    method: "POST",
    path: () => `/agents/assistant/runs/${run_id}/continue`,
    body: () => ({ session_id, fork: true, stream: false }),
  },
  {
    what: "a resume",
    method: "POST",
    path: () => `/agents/assistant/runs/${run_id}/resume`,
    body: () => ({ session_id }),
  },
  { what: "a fork", method: "POST", path: () => `/agents/assistant/sessions/${session_id}/fork`, body: () => ({}) },
];
const cursor = () => btoa(JSON.stringify([9, 9])).replaceAll("=", "");

describe("a session whose id changes hands while a request reads it", () => {
  it.each(CASES)(
    "shows nothing of the next owner's: $what",
    async ({ method = "GET", path, body, held = CONTENTS, tells = BOB }) => {
      const point = gate();
      d1.next(ofRequest(held), heldBefore(point));
      // The text is read at once: a list or an export goes on only while its reader takes it.
      const asked = send(method, path(), body?.(), ada).then((answer) => answer.text());
      await point.reached();
      await changeHands();
      point.release();
      expect(await asked).not.toMatch(tells);
    },
  );
});
