import { EVERYTHING, type Filter } from "../app/route.ts";
import type { Component } from "../server/component.ts";

/** What is typed for a new conversation. */
export interface Draft {
  message: string;
  /** `agent:<id>` or `team:<id>`; null until one is chosen. */
  component: string | null;
  userId: string;
  sessionId: string;
}

export const EMPTY_DRAFT: Draft = { message: "", component: null, userId: "", sessionId: "" };

export const keyOf = ({ kind, id }: Pick<Component, "kind" | "id">): string => `${kind}:${id}`;

/** Who answers unless another one is chosen: the one of the list's filter, else the one that was asked last, else the first. */
export function firstChoice(offered: readonly Component[], filtered: string | null, last: string | null) {
  const wanted = [filtered?.replace(/^(agent|team)s\//, "$1:"), last];
  const found = wanted.flatMap((key) => offered.filter((one) => keyOf(one) === key));
  return found[0] ?? offered[0] ?? null;
}

/** The list that shows what begins now: it stays as narrow as that allows. */
export function listWith({ component, userId }: Filter, begun: Component, ofUser: string): Filter {
  return {
    ...EVERYTHING,
    component: component === `${begun.kind}s/${begun.id}` ? component : null,
    userId: userId === ofUser ? userId : null,
  };
}

/** Where the first message goes, and what it says. */
export function requestOf(draft: Draft, { kind, id }: Component, madeId: string) {
  const sessionId = draft.sessionId.trim() || madeId;
  return {
    sessionId,
    path: `/${kind}s/${encodeURIComponent(id)}/runs`,
    body: { message: draft.message, session_id: sessionId, stream: false, background: true },
  };
}
