import { type Failure, invalidCredential } from "../domain/error.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Config } from "../env.ts";

/** Where a credential stands: in `Authorization`, in the header that `JWT_HEADER` names instead, or in a cookie. */
export type Place = "authorization" | "token_header" | "cookie";

/** A credential as the request shows it, before anything of it is checked. */
export interface Shown {
  place: Place;
  text: string;
}

type ShownSettings = Pick<Config, "jwtHeader" | "jwtCookie">;

/** Whether JWTs stand in `Authorization`, as they do unless a setting says otherwise. */
export const readsAuthorization = ({ jwtHeader }: Pick<Config, "jwtHeader">) =>
  jwtHeader.toLowerCase() === "authorization";

/**
 * The one credential that counts: a header's before a cookie's. Null if the request shows none. Never more than one is
 * tried: one that fails would else hide behind one that holds.
 */
export function shownBy(header: (name: string) => string | undefined, config: ShownSettings): Outcome<Shown | null> {
  const authorization = header("Authorization") ?? "";
  // Two headers of one name arrive as one, with a comma in between.
  if (/,\s*bearer(\s|$)/i.test(authorization)) return fail(ambiguous("Authorization header"));
  // AgentOS also takes a credential without a scheme. A header with another scheme is read as it is.
  if (authorization !== "") return shown("authorization", authorization.replace(/^bearer\s+/i, ""));
  const token = readsAuthorization(config) ? "" : (header(config.jwtHeader) ?? "");
  if (token.includes(",")) return fail(ambiguous(`${config.jwtHeader} header`));
  if (token !== "") return shown("token_header", token.replace(/^bearer\s+/i, ""));
  if (config.jwtCookie === null) return ok(null);
  const values = cookieValues(header("Cookie") ?? "", config.jwtCookie);
  // A page of a neighbouring host can add a cookie of the same name, which browsers may send first.
  if (values.length > 1 || values[0]?.includes(",")) return fail(ambiguous("cookie"));
  return values[0] === undefined ? ok(null) : shown("cookie", values[0]);
}

const shown = (place: Place, text: string): Outcome<Shown> => ok({ place, text });

export const ambiguous = (what: string): Failure => invalidCredential(`Ambiguous ${what}`);

/** What the cookies of this name hold, each value once; an empty one counts as none. */
function cookieValues(header: string, name: string): string[] {
  const values = header.split(";").flatMap((pair) => {
    const [before = "", ...behind] = pair.split("=");
    const value = behind.join("=").trim();
    return before.trim() === name && value !== "" ? [value.replace(/^"(.*)"$/, "$1")] : [];
  });
  return [...new Set(values)];
}
