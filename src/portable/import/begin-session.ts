import { visibilityOf } from "../../store/portable/import-writes.ts";
import type { PortableSession } from "../record/session-record.ts";
import type { ImportDatabase, Trouble } from "./database.ts";
import { ImportIds, type RenamedSessions } from "./ids.ts";
import { SessionImport } from "./session.ts";

export interface ImportOptions {
  /** What to do with a session whose id is taken. */
  onConflict: "skip" | "new";
  /** The owner of all that is imported; null keeps the owners that the lines name. */
  userId: string | null;
}

export type Begun =
  /** `newId` is set if the session's own id was taken. */
  | { kind: "begun"; session: SessionImport; newId: string | null }
  | { kind: "taken"; reason: string }
  | { kind: "trouble"; trouble: Trouble };

interface Dependencies {
  store: ImportDatabase;
  now(): number;
  newId(): string;
}

/** Takes the session's id; if that is taken and the caller asked for `new`, a new one. */
export async function beginSession(
  draft: PortableSession,
  renamed: RenamedSessions,
  { onConflict, userId }: ImportOptions,
  { store, now, newId }: Dependencies,
): Promise<Begun> {
  const begin = async (ids: ImportIds, given: string | null): Promise<Begun | "taken"> => {
    const session = new SessionImport(store, draft, { ids, owner: userId, fence: newId() });
    const outcome = await session.begin(now());
    if (outcome === "taken") return outcome;
    return outcome === null ? { kind: "begun", session, newId: given } : { kind: "trouble", trouble: outcome };
  };
  const { sessionId } = draft;
  const own = await begin(new ImportIds(sessionId, false, renamed), null);
  if (own !== "taken") {
    return own;
  }
  if (onConflict === "new") {
    const given = newId();
    const anew = await begin(new ImportIds(given, true, renamed), given);
    if (anew !== "taken") return anew;
  }
  return { kind: "taken", reason: await whyTaken(store, sessionId) };
}

async function whyTaken(store: ImportDatabase, sessionId: string): Promise<string> {
  const found = await store.read((db) => visibilityOf(db, sessionId));
  switch (found?.value) {
    case "importing":
      return "Another import is writing the session with this id.";
    case "deleted":
      return "The session with this id was deleted, and can still be brought back.";
    default:
      return "There is a session with this id.";
  }
}
