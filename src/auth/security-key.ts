import { ok } from "../domain/outcome.ts";
import { unlimited } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import type { Form } from "./form.ts";

/** The deployment's key, or the one of before while callers move to the new one. */
export const SECURITY_KEY: Form = {
  isIn: (place) => place === "authorization",
  fits: (text, { config }) => isKey(text, config),
  check: async () => ok(unlimited("security_key")),
};

async function isKey(text: string, { securityKey, securityKeyOld }: Config): Promise<boolean> {
  // The old one is taken beside a new one only: it must not outlive a key that was taken away.
  const keys = securityKey === null ? [] : [securityKey, securityKeyOld].filter((key) => key !== null);
  const same = await Promise.all(keys.map((key) => sameSecret(text, key)));
  return same.includes(true);
}

/** Compares digests: they have one length, so the time it takes says nothing about the key, not even how long it is. */
async function sameSecret(shown: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(shown), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
