import { ApiError } from "../../packages/client/src/index.ts";
import { tell } from "../app/notices.ts";
import { api } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import { conflict, renaming } from "./asking.ts";
import { type Known, known } from "./known.ts";
import { generateName } from "./menu-acts.ts";
import { asOwner } from "./owner.ts";
import { changeAtOnce, tellFailure } from "./session-acts.ts";
import { isRenamed, readTyped, type SeenName, type StoredName } from "./session-names.ts";

/** The last name that was asked for; settled once the server has spoken. */
let underWay: Promise<void> = Promise.resolve();

/** Begins to edit. What the session is called now is what the change is made under: behind what this page is changing itself. */
export function beginRename(sessionId: string, at: "row" | "header"): void {
  const session = known(sessionId).peek();
  if (session === null) return;
  const seen = underWay.then(() => nameOf(session));
  // Whoever saves is told of it.
  seen.catch(() => {});
  renaming.value = { sessionId, at, seen };
}

export const endRename = (): void => {
  renaming.value = null;
};

/** Saves what was typed, if it is another name. */
export function saveTyped(text: string): void {
  const edited = renaming.peek();
  const session = edited && known(edited.sessionId).peek();
  endRename();
  if (!edited || !session) return;
  const typed = readTyped(text, session.session_name);
  if (typed.kind !== "same") rename(session, typed.kind === "another" ? typed.name : "", edited.seen);
}

function rename(...asked: Parameters<typeof askForName>): void {
  underWay = askForName(...asked);
}

/**
 * Names the session under the condition that nobody has named it since `seen`. Other changes are no obstacle; a name is put
 * before whoever asked.
 */
async function askForName(session: Known, name: string, seen: Promise<SeenName>): Promise<void> {
  const { session_id: sessionId } = session;
  // What it is called without a name is known to the server alone.
  const change = name === "" ? {} : { session_name: name, name_source: "manual" as const };
  let theirs: SeenName | null = null;
  const done = await changeAtOnce(sessionId, change, async () => {
    let { name: before, etag } = await seen;
    for (;;) {
      try {
        return await api.sessions.rename(sessionId, { name }, { ...asOwner(session), ifMatch: etag });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 412)) throw error;
        const now = await nameOf(session);
        if (isRenamed(before, now.name)) {
          theirs = now;
          throw error;
        }
        ({ name: before, etag } = now);
      }
    }
  });
  if (done.ok) {
    if (name === "") tellTakenAway(sessionId);
  } else if (theirs !== null) conflict.value = { sessionId, mine: name, theirs };
  else tellFailure(texts.sessions.renameFailed(name), done.error, () => rename(session, name, nameOf(session)));
}

/** Settles a conflict: the typed name counts, unless somebody has named it once more. */
export function insist(): void {
  const { sessionId, mine, theirs } = conflict.peek() ?? {};
  const session = sessionId === undefined ? null : known(sessionId).peek();
  conflict.value = null;
  if (session && mine !== undefined && theirs) rename(session, mine, Promise.resolve(theirs));
}

/** Settles it the other way: the page shows what the other one has called it. */
export function giveWay(): void {
  const { sessionId } = conflict.peek() ?? {};
  conflict.value = null;
  if (sessionId !== undefined) void refresh(sessionId);
}

/** What cannot be had now is there with the next poll. */
async function refresh(sessionId: string): Promise<void> {
  const session = known(sessionId).peek();
  if (session !== null) await changeAtOnce(sessionId, {}, () => api.sessions.get(sessionId, asOwner(session)));
}

function tellTakenAway(sessionId: string): void {
  const generate = { label: texts.sessions.generate, run: () => void generateName(sessionId) };
  tell({ text: texts.sessions.nameTakenAway, act: generate });
}

async function nameOf(session: Known): Promise<SeenName> {
  const path = `/sessions/${encodeURIComponent(session.session_id)}/name`;
  const { data, etag } = await api.request<StoredName>("GET", path, asOwner(session));
  return { name: data, etag };
}
