import { describe, expect, it } from "vitest";
import { newSession } from "../../../src/api/sessions/input.ts";
import {
  type Credential,
  importedOwner,
  keyHolder,
  mayRunIn,
  maySee,
  ownerOfRun,
  principalOf,
  serverFor,
  unlimited,
} from "../../../src/domain/principal.ts";
import type { RunRequest } from "../../../src/domain/run.ts";
import { blankSession } from "../../../src/domain/session.ts";
import type { eraseUser } from "../../../src/jobs/erase-user.ts";

const shown = (subject: string | null, scopes: Credential["scopes"], caller: Credential["caller"] = "user") => ({
  ...unlimited("security_key"),
  caller,
  subject,
  scopes,
});
const confined = (user: string) => principalOf(shown(user, ["sessions:read"]), null);
const acting = (named: string | null) => principalOf(shown("ops", ["users:act"]), named);
const key = (named: string | null) => principalOf(unlimited("security_key"), named);
const of = (userId: string | null) => ({ userId: key(userId).userId, visibility: "listed" as const });

describe("a principal", () => {
  it("that is confined is its token's user, whomever the request names", () => {
    for (const named of [null, "bob", "ada", ""]) {
      const principal = principalOf(shown("ada", []), named);
      expect(principal).toMatchObject({ userId: "ada", ownerId: "ada", confined: true, actor: "user:ada" });
    }
  });

  it("is not made of a confined credential without a subject: every session would exist for it", () => {
    expect(() => principalOf(shown(null, ["sessions:read"]), "ada")).toThrow();
  });

  // case 62
  it("that may act for users sees all, or the user's whom it names; what it makes is that user's, else its own", () => {
    expect(acting("ada")).toMatchObject({ userId: "ada", ownerId: "ada", confined: false, actor: "user:ops" });
    expect(acting(null)).toMatchObject({ userId: null, ownerId: "ops", confined: false });
    expect(key(null)).toMatchObject({ userId: null, ownerId: null, confined: false });
  });

  it("that is confined sees no session of nobody and runs in none; who names a user claims one", () => {
    const seen = [confined("ada"), acting("ada"), acting(null), key(null)].map((principal) =>
      ["ada", "bob", null].map((owner) => [maySee(principal, of(owner)), mayRunIn(principal, owner)]),
    );
    const [none, both, runs] = [
      [false, false],
      [true, true],
      [false, true],
    ];
    expect(seen).toEqual([
      [both, none, none],
      [both, none, runs],
      [both, both, both],
      [both, both, both],
    ]);
  });
});

describe("the owner of a run", () => {
  const run = (principal: ReturnType<typeof key>, owner?: string | null) =>
    ownerOfRun(principal, principal.ownerId, owner === undefined ? null : of(owner));

  it("is who asks, or the user whom they name", () => {
    expect([run(confined("ada")), run(confined("ada"), "ada")]).toEqual(["ada", "ada"]);
    expect([run(acting("ada")), run(acting("ada"), "ada"), run(acting("ada"), null)]).toEqual(["ada", "ada", "ada"]);
    expect([run(key(null)), run(key(null), "ada"), run(key(null), null)]).toEqual([null, null, null]);
  });

  it("is nobody in a session of another, or of nobody, for who speaks for all: it must not claim the session", () => {
    expect([run(acting(null)), run(acting(null), "ops")]).toEqual(["ops", "ops"]);
    expect([run(acting(null), "ada"), run(acting(null), null)]).toEqual([null, null]);
  });
});

// case 61
describe("the owner that a line of an import names", () => {
  it("is believed of who may act for users, and of no other", () => {
    expect([acting(null), acting("ada"), confined("ada")].map((one) => importedOwner(one, "bob"))).toEqual([
      "bob",
      "ada",
      "ada",
    ]);
    expect([acting(null), confined("ada")].map((one) => importedOwner(one, null))).toEqual([null, "ada"]);
  });
});

// cases 59 and 60
describe("an idempotency key", () => {
  it("is apart by user, by the kind of caller, and by who acts for a user", () => {
    const account = principalOf(shown("sa:ci", ["users:act"], "sa:ci"), "ada");
    const holders = [confined("ada"), confined("bob"), key("ada"), key(null), acting("ada"), acting(null), account];
    const texts = holders.map((one) => JSON.stringify(keyHolder(one)));
    expect(new Set(texts).size).toBe(holders.length);
    expect(keyHolder(confined("ada"))).toEqual({ caller: "user", userId: "ada" });
    expect(keyHolder(key("ada"))).toEqual({ caller: "security_key", userId: "ada" });
    expect(keyHolder(account)).toEqual({ caller: "sa:ci", userId: "ada" });
  });
});

describe("an owner", () => {
  it("is made of who acts: one from a body, a path or a file does not compile", () => {
    const body: { user_id: string } = { user_id: "ada" };
    const { ownerId } = confined("ada");
    const request: Pick<RunRequest, "userId"> = { userId: ownerId };
    // @ts-expect-error a run of whom a body names
    request.userId = body.user_id;
    const identity = { agentId: null, teamId: null, workflowId: null, fence: "f", createdAt: 0 };
    // @ts-expect-error a session of whom a body names
    blankSession({ ...identity, sessionId: "s", sessionType: "agent", userId: body.user_id });
    // @ts-expect-error a session of whom a request of `POST /sessions` names
    newSession("agent", { userId: body.user_id }, { now: () => 0, newId: () => "id" });
    // @ts-expect-error the server on behalf of whom a path names
    serverFor(body.user_id);
    // @ts-expect-error erasing whom a path names
    const erased: Parameters<typeof eraseUser>[1] = body.user_id;
    expect([ownerId, erased]).toEqual(["ada", "ada"]);
  });
});
