import { expect, it } from "vitest";
import { isServiceToken, newServiceToken, serviceTokenHash } from "../../../src/auth/service-token.ts";

it("is a prefix and 32 random bytes in base 62, of which the digest and the beginning are kept", async () => {
  const { token, hash, shown } = await newServiceToken(new Uint8Array(32).fill(255));
  expect(token).toMatch(/^es_pat_[0-9A-Za-z]{43}$/);
  expect([hash, shown]).toEqual([await serviceTokenHash(token), token.slice(0, 16)]);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

it("says all of its bytes: the number that it writes is theirs", async () => {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const bytes = Uint8Array.from({ length: 32 }, (_, nth) => (nth * 37 + 11) % 256);
  const { token } = await newServiceToken(bytes);
  const number = [...token.slice("es_pat_".length)].reduce((sum, char) => sum * 62n + BigInt(digits.indexOf(char)), 0n);
  expect(number).toBe(bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
  const tokens = await Promise.all([newServiceToken(), newServiceToken()]);
  expect(tokens[0]?.token).not.toBe(tokens[1]?.token);
});

it("is told by its form before it is looked for", () => {
  expect(["es_pat_a", `es_pat_${"9".repeat(43)}`].map(isServiceToken)).toEqual([true, true]);
  const others = ["es_pat_", `es_pat_${"9".repeat(44)}`, "es_pat_a b", "es_pat_a\n", "agno_pat_a", "xes_pat_a"];
  expect(others.filter(isServiceToken)).toEqual([]);
});
