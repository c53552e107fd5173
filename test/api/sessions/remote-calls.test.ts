import { expect, it } from "vitest";
import { SessionObject } from "../../../src/session/object.ts";
import { REMOTE_CALLS } from "../../../src/session/remote-calls.ts";

/** The methods that a caller of the object could reach over RPC. */
const reachable = Object.getOwnPropertyNames(SessionObject.prototype).filter((name) => name !== "constructor");

it("lets callers reach the listed methods of a session's object, and no others", () => {
  expect(REMOTE_CALLS).toHaveLength(14);
  expect(reachable.toSorted()).toEqual([...REMOTE_CALLS, "alarm"].toSorted());
});

it("names no remote call as the platform names what is its own", () => {
  for (const name of ["name", "id", "fetch", "connect", "alarm", "webSocketMessage", "then", "dup"]) {
    expect(REMOTE_CALLS).not.toContain(name);
  }
});
