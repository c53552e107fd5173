import { useSyncExternalStore } from "react";
import { COMPONENTS, type Component } from "../server.ts";

/** Which chat is shown. It stands in the address, so a reload and a link come back to it: `#agents/operator/<session id>`. */
export interface Place {
  component: Component;
  sessionId: string;
  /** Whether the server may have it. A new one begins there with its first message, and then comes into the address. */
  isNew: boolean;
}

export const addressOf = ({ component, sessionId }: Omit<Place, "isNew">): string =>
  `#${component}/${encodeURIComponent(sessionId)}`;

/** Shows a new chat. */
export function begin(component: Component): void {
  location.hash = `#${component}`;
}

/** Has the address name a chat that has begun. */
export function keep(place: Place): void {
  if (place.isNew) history.replaceState(null, "", addressOf(place));
}

function placeOf(hash: string): Place {
  const [type, id, sessionId] = hash.slice(1).split("/");
  const path = `${type}/${id}`;
  const component = path in COMPONENTS ? (path as Component) : "agents/assistant";
  return sessionId
    ? { component, sessionId: decodeURIComponent(sessionId), isNew: false }
    : { component, sessionId: crypto.randomUUID(), isNew: true };
}

let shown = placeOf(location.hash);

function subscribe(changed: () => void): () => void {
  const move = () => {
    shown = placeOf(location.hash);
    changed();
  };
  window.addEventListener("hashchange", move);
  return () => window.removeEventListener("hashchange", move);
}

export const usePlace = (): Place => useSyncExternalStore(subscribe, () => shown);
