import type { z } from "zod";
import { AppError, type FieldError, forbidden, invalidRequest } from "../domain/error.ts";
import { confinedUser } from "../domain/principal.ts";
import { topLevelKeys } from "../lib/json-keys.ts";
import { log } from "../lib/log.ts";
import { fieldsOf, leaveOutFields, type SentBody, sentBody } from "./body.ts";
import type { AppContext, Middleware } from "./context.ts";
import { fieldError, fieldErrors, type Location, MISSING, wrongField } from "./field-errors.ts";
import { leaveOutParameters } from "./url.ts";

// Which user a request names. A request without a user sees every session. So the server must not overlook a user that
// stands where the route does not expect it, or under a name that is almost `user_id`.

export const USER_ID = "user_id";

interface Mention {
  at: Location;
  name: string;
  value: unknown;
}

/**
 * Puts the user into the context whose sessions exist for the request, or null for everybody's. A confined caller is that
 * user. Any other caller's is the one that path, query and body name; throws the 422 if they name more than one. With
 * `readsBody` false the body is left alone, because its handler reads it as a stream.
 */
export function readUser(schema: z.ZodType<string>, { readsBody }: { readsBody: boolean }): Middleware {
  return async function readUser(c, next) {
    const itself = confinedUser(c.get("credential"));
    if (itself === null) {
      c.set("userId", namedUser(c, [...inUrl(c), ...(readsBody ? await inOneBody(c) : [])], schema));
    } else {
      refuseOthersPath(c, itself);
      const ignored = [...inUrl(c), ...(readsBody ? inBody(await sentBody(c)) : [])];
      await forget(c, ignored);
      if (ignored.some(({ value }) => value !== null && value !== itself)) {
        log("info", "user_id.ignored", { request_id: c.get("requestId") });
      }
      c.set("userId", itself);
    }
    await next();
  };
}

/** Another's path is refused alike whether or not there is such a user. */
function refuseOthersPath(c: AppContext, itself: string): void {
  const inPath = c.req.param(USER_ID);
  if (inPath === undefined || inPath === itself) return;
  throw new AppError(forbidden(`Access denied to ${c.req.method === "DELETE" ? "delete" : "read"} this user`));
}

/** Takes what names a user out of query and body, so that what is wrong with it does not matter any more. */
async function forget(c: AppContext, mentions: readonly Mention[]): Promise<void> {
  const namesIn = (where: Location) => new Set(mentions.flatMap(({ at, name }) => (at === where ? [name] : [])));
  const [inQuery, ofBody] = [namesIn("query"), namesIn("body")];
  if (inQuery.size > 0) leaveOutParameters(c, inQuery);
  if (ofBody.size > 0) await leaveOutFields(c, ofBody);
}

function namedUser(c: AppContext, mentions: readonly Mention[], schema: z.ZodType<string>): string | null {
  const errors = wrongMentions(mentions, schema);
  if (errors.length > 0) throw new AppError(invalidRequest(errors));
  const userId = mentions[0]?.value;
  if (userId === undefined && c.get("config").requireUser) {
    throw new AppError(invalidRequest([fieldError(MISSING, ["query", USER_ID], undefined)]));
  }
  return userId === undefined ? null : String(userId);
}

function inUrl(c: AppContext): Mention[] {
  const inPath = c.req.param(USER_ID);
  const inQuery = [...new URL(c.req.url).searchParams].map(([name, value]) => ({ at: "query" as const, name, value }));
  return [
    ...(inPath === undefined ? [] : [{ at: "path" as const, name: USER_ID, value: inPath }]),
    ...inQuery.filter(({ name }) => isUserId(name)),
  ];
}

const inBody = (sent: SentBody): Mention[] =>
  fieldsOf(sent)
    .map(([name, value]) => ({ at: "body" as const, name, value }))
    .filter(({ name }) => isUserId(name));

/** What the body names. Throws the 422 for a JSON object in which the name stands twice. */
async function inOneBody(c: AppContext): Promise<Mention[]> {
  const sent = await sentBody(c);
  const mentions = inBody(sent);
  // The parser keeps the last of two members with one name. A proxy that checked the request may have read the first.
  const isRepeated =
    mentions.length > 0 && !sent.isForm && topLevelKeys(sent.text).filter(isUserId).length > mentions.length;
  if (isRepeated) throw wrongField("body", USER_ID, "it stands in this object twice", undefined);
  // Some clients send null for a field that they leave out.
  return mentions.filter(({ value }) => value !== null);
}

const isUserId = (name: string) => name.replaceAll(/[-_]/g, "").toUpperCase() === "USERID";

function wrongMentions(mentions: readonly Mention[], schema: z.ZodType<string>): FieldError[] {
  const errors = mentions.flatMap(({ at, name, value }) => {
    if (name !== USER_ID) return [wrongMention(at, name, `write ${USER_ID}`, value)];
    const read = schema.safeParse(value);
    return read.success ? [] : fieldErrors(read.error, at, value).map((error) => ({ ...error, loc: [at, name] }));
  });
  if (errors.length > 0) return errors;
  const other = mentions.find(({ value }) => value !== mentions[0]?.value);
  return other === undefined ? [] : [wrongMention(other.at, other.name, "another user is named as well", other.value)];
}

const wrongMention = (at: Location, name: string, reason: string, input: unknown) =>
  fieldError({ type: "value_error", msg: `Value error, ${reason}` }, [at, name], input);
