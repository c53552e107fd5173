import { device, type ListedPlace, tab } from "../app/stored.ts";

/** What the page shows the server: the key, a client token or a JWT. It goes to the page's own origin only, and never into an address. */

export const KEY = "edge-sessions.credential";

/** The two places of a browser: one for this tab, and one for this device. */
export interface Places {
  tab: ListedPlace;
  device: ListedPlace;
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

/** Forgets what else is kept of a caller: what was typed and not sent, what was read, and work under way. How one likes the page stays. */
export function forgetTraces({ tab, device }: Places): void {
  for (const place of [tab, device]) {
    for (const key of place.keys()) if (/^edge-sessions\.(?!credential|settings)/.test(key)) place.removeItem(key);
  }
}
