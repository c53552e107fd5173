import type { Principal } from "../../domain/principal.ts";
import type { Visibility } from "../../domain/session.ts";
import { type IdHolder, idHolders } from "../../store/portable/import-writes.ts";
import { ABANDONED_AFTER_MS, type ImportDatabase, type Trouble } from "./database.ts";
import { ImportIds, type RenamedSessions } from "./ids.ts";
import { SessionImport } from "./session.ts";
import type { SessionRows } from "./session-rows.ts";

export interface ImportOptions {
  /** What to do with a session whose id is taken. */
  onConflict: "skip" | "new";
  /** Who imports. Its user owns all that comes in; of a principal without a user, the lines name the owners. */
  principal: Principal;
}

/** The id of a session is another one's. `isBusy`: another import has it, so nobody knows yet whether it will come in. */
export interface Taken {
  reason: string;
  isBusy: boolean;
}

export type Begun =
  /** `newId` is set if the session's own id was taken. */
  | { kind: "begun"; session: SessionImport; newId: string | null }
  | ({ kind: "taken" } & Taken)
  | { kind: "trouble"; trouble: Trouble };

/** What an import writes with. */
export interface ImportWrites {
  store: ImportDatabase;
  now(): number;
  newId(): string;
}

/** Takes the session's id; if that is taken and the caller asked for `new`, a new one. */
export async function beginSession(
  rows: SessionRows,
  renamed: RenamedSessions,
  { onConflict }: Pick<ImportOptions, "onConflict">,
  { store, now, newId }: ImportWrites,
): Promise<Begun> {
  const begin = async (ids: ImportIds, given: string | null): Promise<Begun | "taken"> => {
    const session = new SessionImport(store, rows, { ids, fence: newId() });
    const outcome = await session.begin(now());
    if (outcome === "taken") return outcome;
    return outcome === null ? { kind: "begun", session, newId: given } : { kind: "trouble", trouble: outcome };
  };
  const { sessionId } = rows.draft;
  const own = await begin(new ImportIds(sessionId, false, renamed), null);
  if (own !== "taken") {
    return own;
  }
  if (onConflict === "new") {
    const given = newId();
    const anew = await begin(new ImportIds(given, true, renamed), given);
    if (anew !== "taken") return anew;
  }
  const read = await store.read((db) => idHolders(db, [sessionId]));
  return { kind: "taken", ...takenBy(read?.value[0]?.visibility) };
}

export function takenBy(visibility: Visibility | undefined): Taken {
  switch (visibility) {
    case "importing":
      return { reason: "Another import is writing the session with this id.", isBusy: true };
    case "deleted":
      return { reason: "The session with this id was deleted, and can still be brought back.", isBusy: false };
    default:
      return { reason: "There is a session with this id.", isBusy: false };
  }
}

/** Whether an import that is taken for dead has the id. */
export const isAbandoned = ({ visibility, hiddenAt }: IdHolder, nowMs: number): boolean =>
  visibility === "importing" && (hiddenAt ?? 0) < nowMs - ABANDONED_AFTER_MS;
