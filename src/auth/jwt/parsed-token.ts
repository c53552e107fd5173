import { type Failure, invalidCredential } from "../../domain/error.ts";
import { isObject, type JsonObject } from "../../domain/json.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { bytesOfBase64url } from "../../lib/base64url.ts";

/** Longer ones are refused unread: what comes with every request must not cost much to look at. */
export const MAX_TOKEN_CHARS = 16_384;

/** What a JWT says, of which nothing is verified. */
export interface ParsedToken {
  text: string;
  header: JsonObject;
  algorithm: string;
  /** A failure if the payload is no object; that is told only to who signed it. */
  claims: Outcome<JsonObject>;
}

/** The texts are PyJWT's, which AgentOS shows. */
export const invalidToken = (reason: string): Failure => invalidCredential(`Invalid token: ${reason}`);

export function parseToken(text: string): Outcome<ParsedToken> {
  if (text.length > MAX_TOKEN_CHARS) return fail(invalidToken("Token is too long"));
  const [head = "", payload, signature, ...more] = text.split(".");
  if (payload === undefined || signature === undefined) return fail(invalidToken("Not enough segments"));
  const header = readPart(head, "header");
  if (!header.ok) return header;
  if (more.length > 0 || bytesOfBase64url(payload) === null) return fail(invalidToken("Invalid payload padding"));
  if (bytesOfBase64url(signature) === null) return fail(invalidToken("Invalid crypto padding"));
  const algorithm = algorithmOf(header.value);
  return algorithm.ok
    ? ok({ text, header: header.value, algorithm: algorithm.value, claims: readPart(payload, "payload") })
    : algorithm;
}

/** The algorithm that a header names, if there is nothing in the header that we cannot heed. */
function algorithmOf({ alg, kid, crit }: JsonObject): Outcome<string> {
  if (kid !== undefined && typeof kid !== "string")
    return fail(invalidToken("Key ID header parameter must be a string"));
  if (crit !== undefined) {
    const [first] = Array.isArray(crit) ? crit : [];
    return fail(
      invalidToken(`Unsupported critical extension: ${typeof first === "string" ? first.slice(0, 100) : ""}`),
    );
  }
  return typeof alg === "string" && alg !== "" ? ok(alg) : fail(invalidToken("Algorithm not specified"));
}

function readPart(part: string, name: "header" | "payload"): Outcome<JsonObject> {
  const bytes = bytesOfBase64url(part);
  if (bytes === null) return fail(invalidToken(`Invalid ${name} padding`));
  const value = readJson(bytes);
  if (value === undefined) {
    return fail(invalidToken(`Invalid ${name} string: Expecting value: line 1 column 1 (char 0)`));
  }
  return isObject(value) ? ok(value) : fail(invalidToken(`Invalid ${name} string: must be a json object`));
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Undefined if the bytes are no JSON. Infinite numbers are let pass: dates are checked for what they are. */
function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    return undefined;
  }
}
