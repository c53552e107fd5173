import { device, type Place, tab } from "../app/stored.ts";

/** What the page shows the server: the key, a client token or a JWT. It goes to the page's own origin only, and never into an address. */

export const KEY = "edge-sessions.credential";

/** The two places of a browser: one for this tab, and one for this device. */
export interface Places {
  tab: Place;
  device: Place;
}

export const places = (): Places => ({ tab, device });

/** The credential; null where there is none. */
export const readCredential = ({ tab, device }: Places): string | null => tab.getItem(KEY) ?? device.getItem(KEY);

/** Keeps it for this tab, or on this device until somebody disconnects. */
export function keepCredential({ tab, device }: Places, credential: string, onDevice: boolean): void {
  forgetCredential({ tab, device });
  (onDevice ? device : tab).setItem(KEY, credential);
}

export function forgetCredential({ tab, device }: Places): void {
  tab.removeItem(KEY);
  device.removeItem(KEY);
}

/** What was pasted, as a header takes it: people copy the word before it, and line breaks behind it. Null for what is none. */
export function credentialIn(pasted: string): string | null {
  const text = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, "");
  return /^[ -~]+$/.test(text) ? text : null;
}
