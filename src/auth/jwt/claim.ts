import type { Json, JsonObject } from "../../domain/json.ts";

/** The value of a claim, which is named as it is or, from `/` on, by a JSON Pointer. Undefined if it is not there. */
export function claimAt(claims: JsonObject, name: string): Json | undefined {
  if (!name.startsWith("/")) return member(claims, name);
  const path = name.slice(1).split("/");
  return path
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<Json | undefined>((value, key) => member(value, key), claims);
}

/** Only what the JSON itself says: an object inherits members such as `constructor`. */
function member(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as JsonObject)[key];
}
