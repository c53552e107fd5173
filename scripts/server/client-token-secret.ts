import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const FILE = "client-token-secret";
const BYTES = 48;

/**
 * The secret of a local server that none is set for: made once, kept beside its database, and read by nobody else. So the
 * tokens that it signs are taken after a restart too.
 */
export function keptSecret(stateDir: string): string {
  const file = path.join(stateDir, FILE);
  return secretIn(file) ?? madeSecret(stateDir, file);
}

/** Written whole under another name first: a start that dies, or another one at the same time, leaves no half a secret. */
function madeSecret(stateDir: string, file: string): string {
  mkdirSync(stateDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(BYTES).toString("base64url")}\n`, { mode: 0o600 });
  // A file that was there before keeps its mode.
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  const secret = secretIn(file);
  if (secret === null) throw new Error(`${file} is empty. Remove it, and start again.`);
  return secret;
}

/** Null if there is no such file, or nothing in it. */
function secretIn(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim() || null;
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
