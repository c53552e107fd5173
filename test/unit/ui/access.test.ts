import { describe, expect, it } from "vitest";
import { forgetCredential, forgetTraces, keepCredential, readCredential } from "../../../ui/access/credential.ts";
import { readHeld } from "../../../ui/access/held-scopes.ts";
import { credentialIn } from "../../../ui/access/pasted.ts";

function place() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    keys: () => [...kept.keys()],
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

  it("takes with it what else is kept of a caller, and leaves how one likes the page", () => {
    const places = { tab: place(), device: place() };
    keepCredential(places, "one", true);
    for (const key of ["draft.a", "draft.b", "seen", "work", "settings"])
      places.device.setItem(`edge-sessions.${key}`, "x");
    places.device.setItem("of.another.page", "x");
    places.tab.setItem("edge-sessions.new", "x");
    forgetTraces(places);
    expect(places.tab.kept.size).toBe(0);
    expect([...places.device.kept.keys()]).toEqual([
      "edge-sessions.credential",
      "edge-sessions.settings",
      "of.another.page",
    ]);
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
