import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keptSecret } from "../../../../scripts/server/client-token-secret.ts";
import { SIGNING_SECRET } from "../../../../src/lib/variable-formats.ts";

/** A folder in which nothing is yet. */
function stateDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "edge-sessions-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return path.join(dir, "state");
}

it("makes a secret once, which no other user of the machine may read", () => {
  const dir = stateDir();
  const secret = keptSecret(dir);
  expect(SIGNING_SECRET.read(secret)).toBe(secret);
  expect(keptSecret(dir)).toBe(secret);
  expect(readdirSync(dir)).toEqual(["client-token-secret"]);
  expect(statSync(path.join(dir, "client-token-secret")).mode & 0o777).toBe(0o600);
  expect(keptSecret(stateDir())).not.toBe(secret);
});

it("keeps the secret that is there, and says so if there is none in its file", () => {
  const dir = stateDir();
  keptSecret(dir);
  const file = path.join(dir, "client-token-secret");
  writeFileSync(file, "the secret of somebody's own choice, 32 bytes\n");
  expect(keptSecret(dir)).toBe("the secret of somebody's own choice, 32 bytes");
  writeFileSync(file, "");
  expect(() => keptSecret(dir)).toThrow(`${file} is empty. Remove it, and start again.`);
  expect(readFileSync(file, "utf8")).toBe("");
  expect(readdirSync(dir)).toEqual(["client-token-secret"]);
});
