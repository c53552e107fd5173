import { sha256Hex } from "../lib/digest.ts";

// The tokens of service accounts: random, so that a digest without salt says nothing of them.

export const SERVICE_TOKEN_PREFIX = "es_pat_";
/** How much of a token is kept to be shown, as in AgentOS. */
const SHOWN_CHARS = 16;
const RANDOM_BYTES = 32;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62 to the power of 43 is more than 256 bits can say. */
const FORM = new RegExp(`^${SERVICE_TOKEN_PREFIX}[0-9A-Za-z]{1,43}$`);

export interface ServiceToken {
  /** Told once, and kept nowhere. */
  token: string;
  hash: string;
  shown: string;
}

export async function newServiceToken(
  random: Uint8Array = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)),
): Promise<ServiceToken> {
  const token = SERVICE_TOKEN_PREFIX + base62(random);
  return { token, hash: await serviceTokenHash(token), shown: token.slice(0, SHOWN_CHARS) };
}

/** Whether a text can be such a token at all: one that cannot is not looked up. */
export const isServiceToken = (text: string): boolean => FORM.test(text);

export const serviceTokenHash = (token: string): Promise<string> => sha256Hex(token);

/** The bytes as one number in base 62. */
function base62(bytes: Uint8Array): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = "";
  do {
    text = BASE62.charAt(Number(number % 62n)) + text;
    number /= 62n;
  } while (number > 0n);
  return text;
}
