import {
  ApiError,
  ConnectionError,
  type RequestOptions,
  type SessionList,
  type SessionsQuery,
} from "../../packages/client/src/index.ts";
import { isStaff } from "../access/access.ts";
import type { Filter } from "../app/route.ts";
import { api } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import type { Known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import type { Problem } from "./all-work.ts";
import { ExportLines } from "./export-lines.ts";
import { fileName } from "./file-name.ts";
import { queryOf } from "./filter-query.ts";
import { patiently } from "./patience.ts";
import { saveFile } from "./save-file.ts";
import { begin, change, close, end, fail, setAway } from "./work.ts";

/** As much of a session as an export of it needs. */
export type Exported = Pick<Known, "session_id" | "session_name" | "user_id">;

/** A server that sends nothing for so long is taken for gone. */
const SILENCE_MS = 60_000;
const PAGE = 200;
/** Pieces of an answer come more often than anybody reads numbers. */
const TOLD_EVERY_MS = 200;

/** Saves one conversation as a file that an import takes. */
export const exportSession = (session: Exported): Promise<void> =>
  exporting(session.session_name, 1, (to) => to.writeSession(session));

/** Saves these conversations as one file. */
export const exportSessions = (sessions: readonly Exported[]): Promise<void> =>
  exporting(texts.work.conversations(sessions.length), sessions.length, async (to) => {
    for (const session of sessions) await to.writeSession(session);
  });

/** Saves all that the filter shows as one file; where it leaves out nothing, everything, what is archived too. */
export async function exportAll(filter: Filter): Promise<void> {
  const query = queryOf(filter);
  const { userId } = filter;
  if (query === null) return;
  if (Object.keys(query).length > 0) {
    await exporting(texts.work.filtered, { ...query, userId }, (to) => to.writeListed(query, userId));
    return;
  }
  const path = userId === null && isStaff.peek() ? "/export?all=true" : "/export";
  await exporting(userId ?? texts.work.everything, { archived: "all", userId }, (to) => to.write(path, userId));
}

/** How many there will be, or what is asked for their number. */
type Whole = number | (SessionsQuery & { userId: string | null });

async function exporting(name: string, whole: Whole, write: (to: Export) => Promise<void>): Promise<void> {
  const id = `export ${crypto.randomUUID()}`;
  const title = texts.work.exporting(name);
  const stop = () => close(id);
  // Of one alone nobody knows how long it is.
  const total = typeof whole === "number" && whole > 1 ? whole : null;
  const to = new Export(id, begin({ id, title, unit: "sessions", total, isHere: true, stop }));
  try {
    if (typeof whole === "object") await to.count(whole);
    await write(to);
    const { problems, sessions, parts } = to;
    saveFile(fileName(name, new Date()), parts);
    const page = async () => ({ problems, next: null });
    end(id, texts.work.exported(sessions), { failed: problems.length, problems: page });
  } catch (error) {
    fail(id, error, () => void exporting(name, whole, write));
  }
}

interface Answered {
  lines: ExportLines;
  part: Blob;
}

/** One file that is being written. */
class Export {
  readonly #id: string;
  readonly #signal: AbortSignal;
  /** The browser keeps them where the page's own memory does not fill up. */
  readonly parts: Blob[] = [];
  /** Deleted while the others were written, for example. */
  readonly problems: Problem[] = [];
  sessions = 0;
  #toldAtMs = 0;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
  }

  /** Says how many there will be. Beyond what the server counts nobody knows. */
  async count({ userId, ...query }: SessionsQuery & { userId: string | null }): Promise<void> {
    const { meta } = await this.#list({ ...query, limit: 1 }, userId);
    if (meta.total_count !== undefined && meta.total_count_capped !== true) {
      change(this.#id, { total: meta.total_count });
    }
  }

  async writeListed(query: SessionsQuery, userId: string | null): Promise<void> {
    let cursor: string | null | undefined;
    do {
      const { data, meta } = await this.#list({ ...query, limit: PAGE, cursor }, userId);
      for (const session of data) await this.writeSession(session);
      cursor = meta.next_cursor;
    } while (cursor);
  }

  async writeSession({ session_id: sessionId, session_name: name, user_id: userId = null }: Exported): Promise<void> {
    try {
      const path = `/sessions/${encodeURIComponent(sessionId)}/export`;
      await this.write(path, isStaff.peek() ? userId : null);
    } catch (error) {
      // One that is gone holds up none of the others.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.problems.push({ what: name, sessionId, why: toldOf(error).text });
    }
  }

  /** Writes what a path answers, however many answers that takes. */
  async write(path: string, userId: string | null): Promise<void> {
    let cursor: string | null | undefined;
    do {
      const query = { cursor };
      const { lines, part }: Answered = await this.#ask((signal) => this.#answer(path, { userId, query, signal }));
      this.parts.push(part);
      this.sessions += lines.sessions;
      cursor = lines.cursor;
    } while (cursor);
  }

  /** One answer. One that broke off counts for nothing, and is asked for again. */
  async #answer(path: string, { signal, ...options }: RequestOptions & { signal: AbortSignal }): Promise<Answered> {
    const lines = new ExportLines();
    const pieces: BlobPart[] = [];
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error("nothing came any more")), SILENCE_MS);
    };
    hear();
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const response = await api.open("GET", path, { ...options, signal: either, timeoutMs: SILENCE_MS });
      const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        hear();
        lines.see(read.value);
        pieces.push(read.value);
        this.#tell(this.sessions + lines.sessions);
      }
      if (lines.cursor === undefined) throw new Error("the answer broke off");
      return { lines, part: new Blob(pieces) };
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ConnectionError(String(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  #list(query: SessionsQuery & { cursor?: string | null | undefined }, userId: string | null): Promise<SessionList> {
    return this.#ask(
      async (signal) => (await api.request<SessionList>("GET", "/sessions", { query, userId, signal })).data,
    );
  }

  #ask<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return patiently(ask, { signal: this.#signal, onAway: (isAway) => setAway(this.#id, isAway) });
  }

  #tell(done: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    change(this.#id, { done });
  }
}
