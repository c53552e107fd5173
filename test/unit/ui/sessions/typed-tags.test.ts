import { describe, expect, it } from "vitest";
import { tagChange, tagsAfter, withTyped } from "../../../../ui/sessions/typed-tags.ts";

describe("typed tags", () => {
  it("are parted by commas of any script, trimmed, and there once", () => {
    expect(withTyped(["vip"], " billing, vip，急 ,, ")).toEqual(["vip", "billing", "急"]);
  });

  it("are none where nothing new was typed", () => {
    expect(withTyped(["vip"], "  ")).toBe(null);
    expect(withTyped(["vip"], "vip,")).toBe(null);
  });

  it("keep to the server's limits, and cut no character in two", () => {
    expect(withTyped([], "🙂".repeat(70))?.[0]).toBe("🙂".repeat(64));
    const full = Array.from({ length: 32 }, (_, nth) => `t${nth}`);
    expect(withTyped(full, "one more")).toBe(null);
  });

  it("are equal however their accents were typed", () => {
    expect(withTyped(["caf\u00e9"], "cafe\u0301")).toBe(null);
  });
});

describe("a change of many sessions' tags", () => {
  it("says what was added and what was taken away, or that nothing was", () => {
    expect(tagChange(["a", "b"], ["b", "c"])).toEqual({ add_tags: ["c"], remove_tags: ["a"] });
    expect(tagChange(["a", "b"], ["b", "a"])).toBe(null);
  });

  it("leaves a session the tags that only it has", () => {
    expect(tagsAfter(["own", "a"], { add_tags: ["c"], remove_tags: ["a"] })).toEqual(["own", "c"]);
  });
});
