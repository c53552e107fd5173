import { sha256 } from "@noble/hashes/sha2.js";
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { rowSources } from "../insert-rows.ts";
import { messages, sessions, systemTexts } from "../schema/tables.ts";
import { type MessageRow, messageRow } from "./message-rows.ts";

// What the system messages of a session say is stored once in the session, however many of its runs begin with it. The message
// stays where it is, and names its text. A text is never changed, and goes with its session only: so no run that is taken back
// takes a text away that another one names.

type SystemText = typeof systemTexts.$inferSelect;

/** A message as its row is: a system message names its text. */
export type StoredMessageRow = typeof messages.$inferSelect;

/** The rows of messages, and the texts that they name. `componentId` is whose texts they are; "" where it is not known. */
export function withSharedTexts(
  rows: readonly MessageRow[],
  componentId: string,
  shares: (row: MessageRow) => boolean = () => true,
): { rows: StoredMessageRow[]; texts: SystemText[] } {
  const texts = new Map<string, SystemText>();
  const stored = rows.map((row): StoredMessageRow => {
    const { sessionId, runIndex, role, content } = row;
    if (role !== "system" || content === "" || !shares(row)) return { ...row, systemText: null };
    const textId = idOf(content);
    const key = `${sessionId} ${textId}`;
    const known = texts.get(key);
    const firstRunIndex = Math.min(runIndex, known?.firstRunIndex ?? runIndex);
    texts.set(key, { sessionId, textId, componentId, firstRunIndex, content });
    return { ...row, content: "", systemText: textId };
  });
  return { rows: stored, texts: [...texts.values()] };
}

/** The texts that a session is known to have: from which run index on, by text and by whose it is. */
export type KnownTexts = ReadonlyMap<string, number>;

const knownBy = ({ textId, componentId }: SystemText): string => `${textId} ${componentId}`;

/** The texts that are not known yet, or only of later runs. */
export const newTexts = (texts: readonly SystemText[], known: KnownTexts): SystemText[] =>
  texts.filter((text) => (known.get(knownBy(text)) ?? Number.POSITIVE_INFINITY) > text.firstRunIndex);

/** Adds the texts of a run's messages, which are stored now. */
export function learnTexts(known: Map<string, number>, run: RunOfTexts, messages: readonly Message[]): void {
  const rows = messages.map((message) =>
    messageRow(run.sessionId, { ...run, runIndex: run.runIndex ?? 0 }, 0, message),
  );
  for (const text of newTexts(withSharedTexts(rows, componentOf(run)).texts, known)) {
    known.set(knownBy(text), text.firstRunIndex);
  }
}

type RunOfTexts = Pick<RunRow, "runId" | "sessionId" | "runIndex" | "agentId" | "teamId">;

export const componentOf = ({ agentId, teamId }: Partial<Pick<RunRow, "agentId" | "teamId">>): string =>
  agentId ?? teamId ?? "";

/** Stores texts while the condition holds, in few statements; to stand in front of the messages that name them. Repeatable. */
export function insertTextsOfAll(db: Database, texts: readonly SystemText[], condition: SQL): Statement[] {
  return rowSources(systemTexts, texts, condition).map(({ source }) => addText(db, source));
}

/** Notes the first system message of a session that holds its text itself, if there is one: all others are in the table. */
export function noteOwnTexts(db: Database, sessionId: string, condition: SQL): Statement {
  const isOwn = sql`${messages.role} = 'system' and ${messages.systemText} is null`;
  const first = sql`select ${messages.runIndex} as first from ${messages}
    where ${and(eq(messages.sessionId, sessionId), isOwn)} order by ${messages.runIndex}, ${messages.messageIndex} limit 1`;
  return addText(db, sql`select ${sessionId}, '', '', first, '' from (${first}) where ${condition}`);
}

/** Adds texts. One that is there already stays; who has it, and from where on, is put right. */
export function addText(db: Database, source: SQL) {
  const { sessionId, textId, componentId, firstRunIndex } = systemTexts;
  const isOthers = sql`${componentId} not in ('', excluded.component_id)`;
  const isEarlier = sql`excluded.first_run_index < ${firstRunIndex}`;
  return db
    .insert(systemTexts)
    .select(source)
    .onConflictDoUpdate({
      target: [sessionId, textId],
      set: {
        componentId: sql`iif(${isOthers}, '', ${componentId})`,
        firstRunIndex: sql`min(${firstRunIndex}, excluded.first_run_index)`,
      },
      setWhere: sql`${isOthers} or ${isEarlier}`,
    });
}

/** Above every run index. */
const NEVER = 2 ** 31;

/**
 * A run index below which the session has no system message, of the agent or team if one is named. 0 for a session that nobody
 * has looked through since texts are stored once: its next run does.
 */
export function systemMessagesFrom(db: Database, sessionId: string, componentId: string | undefined): SQL {
  const isIts = componentId === undefined ? undefined : sql`${systemTexts.componentId} in ('', ${componentId})`;
  const first = db
    .select({ first: sql`min(${systemTexts.firstRunIndex})` })
    .from(systemTexts)
    .where(and(eq(systemTexts.sessionId, sessionId), isIts));
  const known = db
    .select({ from: sql`iif(${sessions.systemKnown} = 1, ifnull(${first}, ${sql.raw(String(NEVER))}), 0)` })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId));
  return sql`ifnull(${known}, 0)`;
}

const ID_BYTES = 16;

/** The first half of a SHA-256. `crypto.subtle` answers later, and nothing may happen while a batch is put together. */
function idOf(text: string): string {
  const known = ids.get(text);
  if (known !== undefined) return known;
  const digest = sha256(new TextEncoder().encode(text));
  const id = btoa(String.fromCharCode(...digest.slice(0, ID_BYTES)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  if (text.length <= MAX_KNOWN_CHARS) {
    if (ids.size >= MAX_KNOWN) ids.clear();
    ids.set(text, id);
  }
  return id;
}

/** Most runs begin with the instructions of one of a few agents. */
const ids = new Map<string, string>();
const MAX_KNOWN = 100;
const MAX_KNOWN_CHARS = 16 * 1024;
