/** Where this server answers otherwise than the AgentOS of `test/cases/agentos-auth.json`, and why. */
import type { Recorded } from "./agentos-cases.ts";

/** What is told of an answer: its status, and what tells whose it is. */
export interface Told {
  status: number;
  detail?: unknown;
  user_id?: string | null;
  session_id?: string;
  ids?: string[];
  run_status?: string;
  auth_mode?: string;
  user_isolation?: boolean;
  events?: string[];
  headers?: Record<string, string | null>;
}

export interface Otherwise {
  when(one: Recorded): boolean;
  /** `isolated`: what the same request is answered with where AgentOS isolates users. */
  ours: Told | "isolated";
  why: string;
}

const refused = (status: number, detail: string): Told => ({ status, detail });
const named =
  (pattern: RegExp) =>
  ({ name }: Recorded) =>
    pattern.test(name);
const otherwise = (pattern: RegExp, ours: Told | "isolated", why: string): Otherwise => ({
  when: named(pattern),
  ours,
  why,
});

const METHODS = { allow: "GET, HEAD, POST, DELETE" };
const NO_ORIGIN = { "access-control-allow-origin": null, "access-control-allow-credentials": null };
const UNKNOWN_RUN = "No runs found for run ID {run_id}";
const ISOLATED = "users are always isolated";
const ONE_TEXT = "whoever asks, a continue of a run that is not there has one text: AgentOS's without isolation";
const STORED = "what is stored is told too";
const FORK = "another's session is not there";
const OPTIONAL = "the session of a cancel may be left out, as AgentOS's own client does";
const BELIEVED = "who may act for users is believed, and takes no session over";
const NOBODY = "a credential without a user is refused before anything is looked at";
const AUDIT = "the audit is always there, for who has audit:read";
const APPROVALS = "there are no approvals beside runs: a continue answers, and needs approvals:write";

/** The first that fits is meant. */
export const OTHERWISE: readonly Otherwise[] = [
  // cors
  otherwise(
    /^401 to an origin that is not listed/,
    { ...refused(401, "Authorization header missing"), headers: { "access-control-allow-credentials": null } },
    "an origin that may not call is told nothing",
  ),
  otherwise(
    /^preflight of an origin that is not listed/,
    { ...refused(400, "Disallowed CORS origin"), headers: { "access-control-allow-credentials": null } },
    "an origin that may not call is told nothing",
  ),
  otherwise(
    /^401 to (agno's console|localhost)/,
    { ...refused(401, "Authorization header missing"), headers: NO_ORIGIN },
    "a deployment allows the origins of CORS_ORIGINS only",
  ),
  otherwise(
    /^preflight of (agno's console|localhost)/,
    { ...refused(400, "Disallowed CORS origin"), headers: NO_ORIGIN },
    "a deployment allows the origins of CORS_ORIGINS only",
  ),
  // info
  otherwise(
    /^(\/info, jwt(-and-key)?$|GET \/info: )/,
    { status: 200, auth_mode: "jwt", user_isolation: true },
    ISOLATED,
  ),
  // scopes, order
  otherwise(
    /^GET \/models: (config:read|config:\*:read|agent_os:admin|system:read)$/,
    { status: 200 },
    "3.x has no list of models; 2.9's is here",
  ),
  otherwise(
    /^POST a run: scopes are the text "a b"/,
    { status: 200 },
    "a text of scopes is split at spaces, as OAuth's",
  ),
  otherwise(
    /^POST a run: scopes are empty id/,
    refused(403, "Insufficient permissions. Required scope(s): agents:run"),
    "`agents::run` is no scope",
  ),
  otherwise(
    /^a path that AgentOS does not have, POST/,
    refused(403, "Insufficient permissions. Required scope(s): sessions:write"),
    "summaries are made here",
  ),
  otherwise(
    /^(a method that a path does not have|OPTIONS \/sessions)/,
    { ...refused(405, "Method Not Allowed"), headers: METHODS },
    "all methods of the path are named",
  ),
  otherwise(/^HEAD \/sessions without/, { status: 403, headers: { allow: null } }, "HEAD is answered as its GET"),
  otherwise(/^HEAD \/sessions with/, { status: 200, headers: { allow: null } }, "HEAD is answered as its GET"),
  otherwise(/^GET \/sessions%2f/, refused(404, "Not Found"), "an encoded slash is no slash at the end"),
  // isolation
  otherwise(
    /^(read a session: another's|cancel of .* without session_id: another's), isolation off/,
    "isolated",
    ISOLATED,
  ),
  otherwise(/^cancel of .*(without session_id|in the form): own$/, { status: 200 }, OPTIONAL),
  otherwise(/^cancel of .*(without session_id|in the form): another's$/, refused(404, "Run not found"), OPTIONAL),
  otherwise(
    /^(resume of \/agents\/\{agent_id\}: (own|admin)|POST \/agents\/.*\/resume: (?!agents:\{other).*(run|admin))$/,
    { status: 200, events: ["replay", "RunCompleted"] },
    STORED,
  ),
  otherwise(
    /^(resume of \/teams\/\{team_id\}: (own|admin)|POST \/teams\/.*\/resume: (?!teams:\{other).*(run|admin))$/,
    { status: 200, events: ["replay", "TeamRunCompleted"] },
    STORED,
  ),
  otherwise(
    /^resume of (an unknown run of )?\/(agents|teams)\/\{\w+\}: (own|another's)$/,
    { status: 200, events: ["error"] },
    "readers of streams get the event `error`, whoever asks",
  ),
  otherwise(
    /^resume of .* without session_id: admin/,
    refused(400, "session_id is required for this action"),
    "without its session a run is not found",
  ),
  otherwise(
    /^continue of an unknown run of .*: (own|another's)$/,
    refused(404, "No runs found for run ID ghost"),
    ONE_TEXT,
  ),
  otherwise(/^continue of \/(agents|teams)\/\{\w+\}(, streamed)?: another's$/, refused(404, UNKNOWN_RUN), ONE_TEXT),
  otherwise(/^continue of \/(agents|teams)\/\{\w+\}: admin$/, { status: 200 }, BELIEVED),
  otherwise(
    /^continue of \/agents.*, streamed: admin$/,
    { status: 200, events: ["RunContinued", "RunCompleted"] },
    BELIEVED,
  ),
  otherwise(
    /^continue of \/teams.*, streamed: admin$/,
    { status: 200, events: ["TeamRunContinued", "TeamRunCompleted"] },
    BELIEVED,
  ),
  otherwise(/^fork (of .*: another's|an unowned session: bob)$/, refused(404, "Session not found"), FORK),
  otherwise(/^fork (of .*: admin|an unowned session: admin)$/, { status: 200 }, BELIEVED),
  otherwise(/^a run (of .* in a|in an unowned) session: admin$/, { status: 200, session_id: "{session_id}" }, BELIEVED),
  otherwise(/^POST \/sessions, user_id of another: admin$/, { status: 201, user_id: "ada" }, BELIEVED),
  otherwise(/^a run in no session, user_id=ada: admin$/, { status: 200, user_id: "ada" }, BELIEVED),
  otherwise(
    /^list sessions\?user_id=: admin$/,
    {
      status: 422,
      detail: [{ type: "string_too_short", loc: ["query", "user_id"], msg: "String should have at least 1 character" }],
    },
    "an empty user_id is a mistake of who may see all",
  ),
  otherwise(
    /^a run in an unowned session: bob$/,
    refused(404, "Session not found"),
    "a confined caller takes nobody's session over",
  ),
  otherwise(
    /^a run in an unowned session: bob, then/,
    refused(404, "Session with id '{session_id}' not found"),
    "a confined caller takes nobody's session over",
  ),
  otherwise(
    /^the claim session_id wins/,
    { status: 200, user_id: "bob", session_id: "from-form" },
    "a token says nothing of sessions unless JWT_SESSION_ID_CLAIM is set",
  ),
  // no identity
  otherwise(
    /: (no sub and no scope|an admin without sub)$/,
    refused(403, "Authenticated request is missing a user identity"),
    NOBODY,
  ),
  otherwise(
    /^GET \/nothing-here: (no sub|sub empty)$/,
    refused(403, "Authenticated request is missing a user identity"),
    NOBODY,
  ),
  // approvals
  otherwise(/^(list approvals|resolve an approval): /, refused(404, "Not Found"), APPROVALS),
  otherwise(
    /^continue after the approval: /,
    refused(403, "This run requires admin approval before it can be continued"),
    APPROVALS,
  ),
  otherwise(
    /^continue with an approval open: (another's(, with approvals:write)?|another's, isolation off)$/,
    refused(404, UNKNOWN_RUN),
    "that a run exists is told only to who may see it",
  ),
  otherwise(
    /^continue with an approval open, of another agent's path: /,
    refused(404, UNKNOWN_RUN),
    "that a run exists is told only where it is",
  ),
  otherwise(/^continue with an approval open: admin(, isolation off)?$/, { status: 200 }, BELIEVED),
  otherwise(
    /^continue with an approval open: admin.*, then the run$/,
    { status: 200, user_id: "ada", session_id: "{session_id}", run_status: "COMPLETED" },
    BELIEVED,
  ),
  // service accounts
  otherwise(/^list: by who minted none, isolation off/, { status: 200, ids: [] }, ISOLATED),
  otherwise(/^use: an admin account runs for ada/, { status: 200, user_id: "ada" }, BELIEVED),
  // audit
  otherwise(/^audit: (scopes only, no roles|audit on, no roles|roles, audit off)$/, { status: 200 }, AUDIT),
  otherwise(
    /^audit: \?(page=0|sort_by=nonsense|sort_order=nonsense)$/,
    { status: 200 },
    "the audit is paged by cursor",
  ),
  otherwise(/^audit: no admin$/, refused(403, "Insufficient permissions. Required scope(s): audit:read"), AUDIT),
  otherwise(/^audit: a scope audit:read$/, { status: 200 }, AUDIT),
  otherwise(/^audit: admin without sub$/, refused(403, "Authenticated request is missing a user identity"), NOBODY),
];
