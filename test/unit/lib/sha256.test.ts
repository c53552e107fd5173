import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../src/lib/digest.ts";
import { sha256 } from "../../../src/lib/sha256.ts";

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

describe("the digest that is there at once", () => {
  it("is the platform's SHA-256, at every length around a block and in any script", async () => {
    const texts = [
      ...Array.from({ length: 200 }, (_, length) => "x".repeat(length)),
      "Grüße, 世界 🌍",
      "\u0000\uffff".repeat(5_000),
    ];
    for (const text of texts) expect(hex(sha256(text)), text.slice(0, 80)).toBe(await sha256Hex(text));
  });
});
