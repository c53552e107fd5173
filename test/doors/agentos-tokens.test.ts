import { describe, expect, it } from "vitest";
import { answerOf, casesOf, deploymentOf, type Recorded, signerOf, tokenOf } from "../support/agentos-cases.ts";
import { rawToken } from "../support/credentials.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What AgentOS says of a token is what this server says (case 30). Where it does not, the table says why.

scriptModel();

const STRICTER = "ours is stricter";
const TEXT = "one text for what Python words in many ways";
const NAMELESS = "a token without a user is refused on every route, whatever it may do";
const DEFAULT = "a token that says nothing of scopes has those of end users";
const NO_KEY = "a key that is not there is a signature that nobody can verify";
const missingUser = [403, "Authenticated request is missing a user identity"];
const noSignature = [401, "Invalid token: Signature verification failed"];
const HEADER_STRING = [401, "Invalid token: Invalid header string: Expecting value: line 1 column 1 (char 0)"];

/** What we answer otherwise, and why. */
const OTHERWISE: Record<string, [answer: unknown[], why: string]> = {
  "Bearer without a blank": [
    [401, "Authorization header missing"],
    "the platform drops a header's last blanks: this is `Bearer ` too",
  ],
  "key mode: Bearer with nothing behind it": [
    [401, "Invalid authentication token"],
    "the platform drops a header's last blanks: this is `Bearer` too",
  ],
  "the header part is no UTF-8": [HEADER_STRING, TEXT],
  "four parts": [HEADER_STRING, TEXT],
  "JWT and key: the key": [[200], "the key is taken beside tokens"],
  "no exp": [[401, 'Invalid token: Token is missing the "exp" claim'], STRICTER],
  "exp is a text of digits": [[401, "Invalid token: Expiration Time claim (exp) must be an integer."], STRICTER],
  "exp is true": [[401, "Invalid token: Expiration Time claim (exp) must be an integer."], "true is no time"],
  "JWKS: no kid": [[200], "the only key that fits verifies"],
  "JWKS: a kid that is not in the set": [noSignature, NO_KEY],
  "aud is there where none is expected": [
    [401, "Invalid token audience - token not valid for this AgentOS instance"],
    STRICTER,
  ],
  "iss is a list": [
    [401, 'Invalid token: Invalid issuer. Expected: https://idp/, got: ["https://idp/"]'],
    "a list is shown as JSON",
  ],
  "sub is __x": [[401, "Invalid token subject"], STRICTER],
  "sub is 200 letters": [[401, "Invalid token subject"], STRICTER],
  "sub is with a line break": [[401, "Invalid token subject"], STRICTER],
  "sub is empty": [missingUser, NAMELESS],
  "sub is null": [missingUser, NAMELESS],
  "no sub": [missingUser, NAMELESS],
  "no sub, an admin": [missingUser, NAMELESS],
  "no sub and no scope": [missingUser, NAMELESS],
  "no sub: config": [missingUser, NAMELESS],
  "no sub: a run": [missingUser, NAMELESS],
  "no claim scopes": [[200], DEFAULT],
  "a claim scope (a text) instead of scopes": [[200], DEFAULT],
  "open path /redoc without a token": [[401, "Authorization header missing"], "there is no such page here"],
};

const MADE: Record<string, string> = {
  "the payload is no JSON, signed well": "no json",
  "the payload is a list, signed well": "[1]",
  "the payload is a text, signed well": '"x"',
};

async function answerTo({ name, app = "jwt", request }: Recorded): Promise<unknown[]> {
  const token = await tokenOf(request.token ?? { scopes: ["sessions:read"] }, app);
  const [head, payload] = token.split(".");
  const tampered = `${head}.${btoa('{"sub":"root","exp":9999999999}').replaceAll("=", "")}.${token.split(".")[2]}`;
  const made = await rawToken({ alg: "HS256" }, MADE[name] ?? "{}", await signerOf("own", "HS256"));
  const filled = (text: string) =>
    text
      .replace("{token}", token)
      .replace("{tampered}", tampered)
      .replace("{cut}", `${head}.${payload}.`)
      .replace("{made}", made)
      .replace("{agent_id}", "assistant");
  const headers = new Headers(
    request.token === undefined || request.headers !== undefined ? {} : { Authorization: `Bearer ${token}` },
  );
  if (request.cookies !== undefined || request.path.includes("{token}")) headers.delete("Authorization");
  for (const [header, value] of Object.entries(request.headers ?? {})) headers.set(header, filled(value));
  for (const [cookie, value] of Object.entries(request.cookies ?? {}))
    headers.set("Cookie", `${cookie}=${filled(value)}`);
  const send = await deploymentOf(app);
  const form = request.form === undefined ? undefined : new URLSearchParams(request.form);
  const response = await send(request.method, filled(request.path), headers, form);
  if (response.ok) return [response.status];
  return [response.status, (await response.json<{ detail: unknown }>()).detail];
}

const cases = casesOf("token", "open");

function expectedOf(one: Recorded): unknown[] {
  const answer = answerOf(one);
  return OTHERWISE[one.name]?.[0] ?? (answer.status < 300 ? [answer.status] : [answer.status, answer.body?.detail]);
}

describe("tokens, as AgentOS answers them", () => {
  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    expect(await answerTo(one)).toEqual(expectedOf(one));
  });

  it("has no deviation in its table that is none", () => {
    const stale = Object.keys(OTHERWISE).filter((name) => {
      const one = cases.find((found) => found.name === name);
      const answer = one && answerOf(one);
      const theirs = [answer?.status, ...(answer?.body?.detail === undefined ? [] : [answer.body.detail])];
      return JSON.stringify(theirs) === JSON.stringify(OTHERWISE[name]?.[0]);
    });
    expect(stale).toEqual([]);
  });
});
