import { expect, it } from "vitest";
import { saysFull } from "../../../src/lib/database-full.ts";

it("knows what D1, an account and SQLite say when there is no room", () => {
  for (const message of [
    // D1, as reported of databases at 10 GB and at 500 MB.
    "D1_ERROR: Exceeded maximum DB size",
    "D1_ERROR: Exceeded maximum DB size.",
    "Exceeded maximum DB size.",
    // Cloudflare's page "Debug D1", and what the runtime is reported to say.
    "D1_ERROR: Exceeded maximum account storage limit",
    "D1_ERROR: Your account has exceeded D1's maximum account storage limit, please contact Cloudflare to raise your limit",
    // workerd: SQLite's words with the name of the code, src/workerd/util/sqlite.c++.
    "D1_ERROR: database or disk is full: SQLITE_FULL",
    "database or disk is full: SQLITE_FULL",
  ]) {
    expect([message, saysFull(new Error(message))]).toEqual([message, true]);
    expect(saysFull(new Error("Failed query: insert into …", { cause: new Error(message) }))).toBe(true);
  }
});

it("takes nothing else for it: neither an absent D1, nor a quota that ends at midnight, nor what a caller wrote", () => {
  for (const message of [
    "D1_ERROR: Network connection lost.",
    "D1 DB is overloaded. Too many requests queued.",
    "D1_ERROR: Your account has exceeded D1's free tier daily row write limit",
    "Failed query: insert into messages values (?)\nparams: database or disk is full",
    "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
  ]) {
    expect([message, saysFull(new Error(message))]).toEqual([message, false]);
  }
  expect(saysFull("Exceeded maximum DB size")).toBe(false);
});
