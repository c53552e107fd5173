import { blankSession, type Session } from "../../domain/session.ts";
import { canonicalJson, sha256Hex, uuidFrom } from "../../lib/digest.ts";
import type { AgnoRun } from "../agno/runs.ts";
import type { LateFields, Preview } from "../agno/session.ts";
import { type PortableSession, sessionRecord } from "../record/session-record.ts";
import { conversationRuns } from "./runs.ts";
import type { Said } from "./said.ts";

/** A conversation in one line of a file, read as far as it can be without knowing whose it is. */
export interface Conversation {
  /** The value of the line. The ids follow from it, so a line that comes twice is one session. */
  line: unknown;
  read: { ok: true; heard: Heard } | { ok: false; problem: string };
}

export interface Heard {
  messages: Said[];
  /** The fields of the session that the line tells. */
  fields: Partial<Pick<Session, "name" | "metadata" | "createdAt" | "updatedAt">> & { isArchived?: boolean };
  /** What was left out of it. */
  note: string | null;
}

/** Whose conversations they are, and when they come in. */
export interface Whose {
  agentId: string | null;
  userId: string | null;
  nowMs: number;
}

export type ConversationSession =
  | { ok: true; session: PortableSession; runs: AgnoRun[]; late: LateFields; note: string | null }
  /** `session` has its id, and nothing else of the line. */
  | { ok: false; session: PortableSession; problem: string };

/** More would be no conversation; the rows of so many fit into memory. */
const MAX_MESSAGES = 20_000;

/** Makes a session of a conversation, with a run for each question. */
export async function conversationSession(
  { line, read }: Conversation,
  whose: Whose,
  preview: Preview,
): Promise<ConversationSession> {
  const { agentId, userId, nowMs } = whose;
  // The same conversation may be two users' and is then two sessions.
  const sessionId = await idOf([agentId, userId, line]);
  const blank = sessionOf(sessionId, agentId, nowMs, {});
  if (!read.ok) return { ok: false, session: blank, problem: read.problem };
  const { messages, fields, note } = read.heard;
  const wrong = (problem: string): ConversationSession => ({ ok: false, session: blank, problem });
  if (messages.length === 0) return wrong("The conversation holds no message.");
  if (messages.length > MAX_MESSAGES) return wrong(`The conversation holds more than ${MAX_MESSAGES} messages.`);
  const createdAt = fields.createdAt ?? messages.find(({ at }) => at !== null)?.at ?? nowMs;
  const session = sessionRecord.read(JSON.parse(sessionRecord.write(sessionOf(sessionId, agentId, createdAt, fields))));
  if (!session.ok) return wrong(session.problem);
  const runs = await conversationRuns(messages, { agentId, createdAt, idOf: (nth) => idOf([sessionId, nth]) });
  if (!runs.ok) return wrong(runs.problem);
  return { ok: true, session: session.row, runs: runs.runs, late: lateFields(messages, createdAt, preview), note };
}

const idOf = async (value: unknown): Promise<string> => uuidFrom(await sha256Hex(canonicalJson(value)));

function sessionOf(
  sessionId: string,
  agentId: string | null,
  createdAt: number,
  fields: Heard["fields"],
): PortableSession {
  const identity = { sessionId, sessionType: "agent" as const, agentId, teamId: null, workflowId: null, userId: null };
  const name = fields.name ?? null;
  const updatedAt = fields.updatedAt ?? createdAt;
  return {
    ...blankSession({ ...identity, fence: "", createdAt }),
    ...(name !== null && { name, nameSource: "manual", nameVersion: 1, nameUpdatedAt: updatedAt }),
    metadata: fields.metadata ?? null,
    visibility: fields.isArchived ? "archived" : "listed",
    archivedAt: fields.isArchived ? updatedAt : null,
    updatedAt,
  };
}

/** What a list shows of the session. */
function lateFields(messages: readonly Said[], createdAt: number, preview: Preview): LateFields {
  const asked = messages.find(({ role, content }) => role === "user" && preview(content) !== "");
  const last = messages.findLast(
    ({ role, content }) => (role === "user" || role === "assistant") && preview(content) !== "",
  );
  return {
    firstMessage: asked === undefined ? null : preview(asked.content),
    lastMessage:
      last === undefined
        ? null
        : {
            role: last.role === "user" ? "user" : "assistant",
            text: preview(last.content),
            at: last.at ?? createdAt,
          },
  };
}
