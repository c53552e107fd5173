import { describe, expect, it } from "vitest";
import { credentialIn, forgetCredential, keepCredential, readCredential } from "../../../ui/access/credential.ts";
import { readHeld } from "../../../ui/access/held-scopes.ts";

function place() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

describe("a credential", () => {
  it("is kept for the tab, or on the device, and in one of them only", () => {
    const places = { tab: place(), device: place() };
    keepCredential(places, "one", true);
    expect([places.tab.kept.size, readCredential(places)]).toEqual([0, "one"]);
    keepCredential(places, "another", false);
    expect([places.device.kept.size, readCredential(places)]).toEqual([0, "another"]);
    forgetCredential(places);
    expect(readCredential(places)).toBeNull();
  });

  it("is taken with what people copy around it, and not where no header takes it", () => {
    expect(credentialIn("  es_ct_abc\n")).toBe("es_ct_abc");
    expect(credentialIn("Authorization: Bearer abc.def")).toBe("abc.def");
    expect(credentialIn("bearer abc")).toBe("abc");
    for (const none of ["", "  ", "kéy", "a\nb"]) expect(credentialIn(none)).toBeNull();
  });
});

describe("what a credential may do", () => {
  it("is said in the server's order, for all or for one agent or team", () => {
    const listed = ["sessions:read", "agents:support:eu:run", "agents:*:read", "openid", "workflows:run"];
    expect(readHeld(listed)).toEqual([
      { scope: "agents:read", id: null },
      { scope: "agents:run", id: "support:eu" },
      { scope: "sessions:read", id: null },
    ]);
  });
});
