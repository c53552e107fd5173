import { describe, expect, it } from "vitest";
import { isRenamed, readTyped, type StoredName } from "../../../../ui/sessions/session-names.ts";

const stored = (changed: Partial<StoredName> = {}): StoredName => ({
  session_name: "Kyoto",
  display_name: "Kyoto",
  source: "manual",
  version: 3,
  ...changed,
});

describe("a typed name", () => {
  it("is the same one whatever blanks stand around it", () => {
    expect(readTyped("  Kyoto   in May ", "Kyoto in May")).toEqual({ kind: "same" });
  });

  it("is another one, or taken away where it is empty", () => {
    expect(readTyped(" Nara ", "Kyoto")).toEqual({ kind: "another", name: "Nara" });
    expect(readTyped("  ", "Kyoto")).toEqual({ kind: "taken away" });
  });
});

describe("a name that could not be saved because of another change", () => {
  it("is in conflict only where somebody has changed the name", () => {
    expect(isRenamed(stored(), stored())).toBe(false);
    expect(isRenamed(stored(), stored({ session_name: "Nara", version: 4 }))).toBe(true);
    expect(isRenamed(stored(), stored({ source: "generated", version: 4 }))).toBe(true);
  });
});
