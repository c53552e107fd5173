import type { z } from "zod";
import { AppError, type FieldError, invalidRequest } from "../domain/error.ts";
import { topLevelKeys } from "../lib/json-keys.ts";
import { fieldsOf, sentBody } from "./body.ts";
import type { AppContext, Middleware } from "./context.ts";
import { fieldError, fieldErrors, type Location, MISSING, wrongField } from "./field-errors.ts";

// Which user a request names. A request without a user sees every session. So the server must not overlook a user that
// stands where the route does not expect it, or under a name that is almost `user_id`.

export const USER_ID = "user_id";

interface Mention {
  at: Location;
  name: string;
  value: unknown;
}

/**
 * Puts the user that path, query and body name into the context, or null if they name none. Throws the 422 if they name more
 * than one. With `readsBody` false the body is left alone, because its handler reads it as a stream.
 */
export function readUser(schema: z.ZodType<string>, { readsBody }: { readsBody: boolean }): Middleware {
  return async function readUser(c, next) {
    const mentions = [...inUrl(c), ...(readsBody ? await inBody(c) : [])];
    const errors = wrongMentions(mentions, schema);
    if (errors.length > 0) throw new AppError(invalidRequest(errors));
    const userId = mentions[0]?.value;
    if (userId === undefined && c.get("config").requireUser) {
      throw new AppError(invalidRequest([fieldError(MISSING, ["query", USER_ID], undefined)]));
    }
    c.set("userId", userId === undefined ? null : String(userId));
    await next();
  };
}

function inUrl(c: AppContext): Mention[] {
  const inPath = c.req.param(USER_ID);
  const inQuery = [...new URL(c.req.url).searchParams].map(([name, value]) => ({ at: "query" as const, name, value }));
  return [
    ...(inPath === undefined ? [] : [{ at: "path" as const, name: USER_ID, value: inPath }]),
    ...inQuery.filter(({ name }) => isUserId(name)),
  ];
}

async function inBody(c: AppContext): Promise<Mention[]> {
  const sent = await sentBody(c);
  const mentions = fieldsOf(sent)
    .map(([name, value]) => ({ at: "body" as const, name, value }))
    .filter(({ name }) => isUserId(name));
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
