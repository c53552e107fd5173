import { describe, expect, it } from "vitest";
import {
  invalidScopes,
  privilegedScopes,
  scopeParts,
  scopesNotHeld,
  scopesOfStaff,
} from "../../../src/domain/granting.ts";

const ADMIN = "root:admin";

describe("a scope", () => {
  it("has two parts, or three with the one agent or team that it is for", () => {
    expect(scopeParts("agents:run")).toEqual({ resource: "agents", id: null, action: "run" });
    expect(scopeParts("agents:a.b-c:run")).toEqual({ resource: "agents", id: "a.b-c", action: "run" });
    expect(scopeParts("system:read")).toEqual({ resource: "config", id: null, action: "read" });
    for (const text of [
      "",
      "agents",
      "*",
      "a:b:c:d",
      "agents::run",
      ":run",
      "agents:",
      "agents:r un",
      "agents:r\u0000n",
    ]) {
      expect([text, scopeParts(text)]).toEqual([text, null]);
    }
    expect(invalidScopes(["agents:run", "x", ADMIN, "superuser"], "superuser")).toEqual(["x"]);
  });
});

describe("what is held of scopes", () => {
  it("is all for whoever holds all", () => {
    expect(scopesNotHeld("all", ["unicorns:read", ADMIN])).toEqual([]);
  });

  it("covers what is narrower, and nothing that is wider", () => {
    const held = ["agents:run", "teams:*:run", "agents:a:read", "config:read"];
    const covered = [
      "agents:run",
      "agents:x:run",
      "agents:*:run",
      "teams:run",
      "teams:x:run",
      "agents:a:read",
      "system:read",
    ];
    expect(scopesNotHeld(held, covered)).toEqual([]);
    const wider = [
      "agents:read",
      "agents:*:read",
      "agents:b:read",
      "sessions:read",
      "agents:null:read",
      ADMIN,
      "nonsense",
    ];
    expect(scopesNotHeld(held, wider)).toEqual(wider);
  });

  it("holds no scope of an agent that is called null because it holds one", () => {
    expect(scopesNotHeld(["agents:null:run"], ["agents:run"])).toEqual(["agents:run"]);
  });
});

describe("scopes that not everybody gets", () => {
  it("are staff's: admin, users, tokens and the audit, in any form", () => {
    const ofStaff = [
      ADMIN,
      "agent_os:admin",
      "users:act",
      "users:*:act",
      "client_tokens:write",
      "service_accounts:read",
      "audit:read",
    ];
    expect(scopesOfStaff([...ofStaff, "agents:run", "sessions:delete"], ADMIN)).toEqual(ofStaff);
  });

  it("are privileged for machines: what writes and deletes too", () => {
    const privileged = ["sessions:write", "agents:x:delete", "agents:*:write", "users:act", "agent_os:admin"];
    expect(privilegedScopes(["agents:run", ...privileged, "sessions:read"], ADMIN)).toEqual(privileged);
  });
});
