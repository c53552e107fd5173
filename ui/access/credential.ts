/** What the page shows the server: the key, a client token or a JWT. It goes to the page's own origin only, and never into an address. */

export const KEY = "edge-sessions.credential";

type Place = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** The two places of a browser: one for this tab, and one for this device. */
export interface Places {
  tab: Place;
  device: Place;
}

export const places = (): Places => ({ tab: placeOf(() => sessionStorage), device: placeOf(() => localStorage) });

/** The credential; null where there is none. */
export const readCredential = ({ tab, device }: Places): string | null => tab.getItem(KEY) ?? device.getItem(KEY);

/** Keeps it for this tab, or on this device until somebody disconnects. */
export function keepCredential({ tab, device }: Places, credential: string, onDevice: boolean): void {
  forgetCredential({ tab, device });
  try {
    (onDevice ? device : tab).setItem(KEY, credential);
  } catch {
    // Full: it is known as long as the page is open.
  }
}

export function forgetCredential({ tab, device }: Places): void {
  tab.removeItem(KEY);
  device.removeItem(KEY);
}

/** Forgets what else is kept of a caller: what was typed and not sent, what was read, and work under way. How one likes the page stays. */
export function forgetTraces({ tab, device }: Places): void {
  for (const place of [tab, device]) {
    const keys = Array.from({ length: place.length }, (_, nth) => place.key(nth) ?? "");
    for (const key of keys) if (/^edge-sessions\.(?!credential|settings)/.test(key)) place.removeItem(key);
  }
}

/** What was pasted, as a header takes it: people copy the word before it, and line breaks behind it. Null for what is none. */
export function credentialIn(pasted: string): string | null {
  const text = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, "");
  return /^[ -~]+$/.test(text) ? text : null;
}

/** A browser may forbid its storage: the page then knows the credential as long as it is open. */
function placeOf(storage: () => Storage): Place {
  try {
    return storage();
  } catch {
    return { getItem: () => null, setItem: () => {}, removeItem: () => {}, key: () => null, length: 0 };
  }
}
