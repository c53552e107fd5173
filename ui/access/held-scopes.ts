import type { Scope } from "../../src/domain/scope.ts";
import { texts } from "../texts/index.ts";

/** All that the server has, in its order. */
const SCOPES = Object.keys(texts.account.scopes) as Scope[];

/** A scope as a credential lists it: one of the server's, perhaps for one agent or team alone. */
export interface Held {
  scope: Scope;
  /** Null: for every one. */
  id: string | null;
}

/** What a credential may do, in the order in which the server lists scopes. What another program understands is left out. */
export function readHeld(listed: readonly string[]): Held[] {
  const held = listed.flatMap((text): Held[] => {
    const parts = text.split(":");
    const name = `${parts.at(0)}:${parts.at(-1)}`;
    const scope = SCOPES.find((one) => one === name);
    const id = parts.slice(1, -1).join(":");
    return scope === undefined ? [] : [{ scope, id: id === "" || id === "*" ? null : id }];
  });
  return held.sort((a, b) => SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope));
}
