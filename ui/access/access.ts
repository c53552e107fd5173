import { computed, signal } from "@preact/signals";
import type { Me } from "../../packages/client/src/index.ts";
import { heldIds, holds, type Scope } from "../../src/domain/scope.ts";
import type { Told } from "../server/failure.ts";
import { forgetCredential, forgetTraces, KEY, keepCredential, places, readCredential } from "./credential.ts";

/** As `GET /info` answers, as far as the page needs it. */
export interface Server {
  name: string;
  auth_mode: "none" | "security_key" | "jwt";
  /** How long deleted sessions can be brought back; 0: not at all. */
  delete_undo_seconds: number;
}

/** Whether the page may ask, as far as it knows. */
export type Access =
  | { state: "unknown" }
  /** The server has not answered. */
  | { state: "failed"; told: Told }
  /** The server wants a credential, or has refused the one it was shown. */
  | { state: "refused"; why: string | null }
  | { state: "granted"; me: Me };

export const access = signal<Access>({ state: "unknown" });
export const server = signal<Server | null>(null);
const credential = signal(readCredential(places()));
/** Whose sessions the page has in memory. */
let shownTo: string | null = null;

/** What requests show; empty where nothing is. */
export const shownCredential = (): string => credential.peek() ?? "";
export const hasCredential = computed(() => credential.value !== null);

export const me = computed(() => (access.value.state === "granted" ? access.value.me : null));
/** Staff see everybody's sessions, and can look at one user's. */
export const isStaff = computed(() => me.value !== null && !me.value.confined);

const held = computed(() => (me.value?.admin ? "all" : (me.value?.scopes ?? [])));

/** Whether the caller holds the scope; with an id, for that agent or team. What it may not do is not offered. */
export const may = (scope: Scope, id?: string): boolean => holds(held.value, scope, id);

/** Whether it holds the scope for one agent or team at least. */
export function mayForSome(scope: Scope): boolean {
  const ids = heldIds(held.value, scope);
  return ids === "all" || ids.size > 0;
}

/** Whether a conversation can be begun at all. */
export const mayBegin = computed(() => mayForSome("agents:run") || mayForSome("teams:run"));

/** Takes what the server has said of the caller. Another caller begins with an empty page: this one has the sessions of the one before. */
export function grant(caller: Me): void {
  if (shownTo !== null && shownTo !== caller.actor) {
    forgetTraces(places());
    location.reload();
    return;
  }
  shownTo = caller.actor;
  access.value = { state: "granted", me: caller };
}

/** Goes on as the caller with a credential that the server has taken. */
export function connect(text: string, onDevice: boolean, caller: Me): void {
  keepCredential(places(), text, onDevice);
  credential.value = text;
  grant(caller);
}

/** Forgets the credential, and with it all that the page has in memory, and what the browser keeps of who has shown it. */
export function disconnect(): void {
  forgetCredential(places());
  forgetTraces(places());
  location.hash = "#/";
  location.reload();
}

/** Who disconnects, or becomes somebody else, does so in all tabs of the device. */
export function followOtherTabs(): void {
  addEventListener("storage", ({ key }) => {
    const now = readCredential(places());
    if ((key !== KEY && key !== null) || now === credential.peek()) return;
    // This tab's own.
    if (now === null) forgetTraces(places());
    location.reload();
  });
}
