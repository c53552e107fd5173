import { utf8Bytes } from "./text.ts";

/** The bytes that a row, or a message, takes in the database: text as it is, objects as JSON. */
export function storedBytes(row: object): number {
  let bytes = 0;
  for (const value of Object.values(row)) {
    if (typeof value === "string") bytes += utf8Bytes(value);
    else if (typeof value === "object" && value !== null) bytes += utf8Bytes(JSON.stringify(value));
    else bytes += 8;
  }
  return bytes;
}
