import { computed, signal } from "@preact/signals";
import type { Me } from "../../packages/client/src/index.ts";
import { holds, type Scope } from "../../src/domain/scope.ts";
import { forgetCredential, keepCredential, places, readCredential } from "./credential.ts";

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
  /** The server wants a credential, or has refused the one it was shown. */
  | { state: "refused"; why: string | null }
  | { state: "granted"; me: Me };

export const access = signal<Access>({ state: "unknown" });
export const server = signal<Server | null>(null);
const credential = signal(readCredential(places()));

/** What requests show; empty where nothing is. */
export const shownCredential = (): string => credential.peek() ?? "";

export const me = computed(() => (access.value.state === "granted" ? access.value.me : null));
/** Staff see everybody's sessions, and can look at one user's. */
export const isStaff = computed(() => me.value !== null && !me.value.confined);

/** Whether the caller holds the scope; with an id, for that agent or team. What it may not do is not offered. */
export function may(scope: Scope, id?: string): boolean {
  const { admin = false, scopes = [] } = me.value ?? {};
  return holds(admin ? "all" : scopes, scope, id);
}

export function connect(text: string, onDevice: boolean): void {
  keepCredential(places(), text, onDevice);
  credential.value = text;
  access.value = { state: "unknown" };
}

export function disconnect(): void {
  forgetCredential(places());
  credential.value = null;
  access.value = { state: "refused", why: null };
}
