import { batch, signal } from "@preact/signals";
import type { RunStream } from "../../packages/client/src/index.ts";
import { tell } from "../app/notices.ts";
import { go } from "../app/place.ts";
import { device } from "../app/stored.ts";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { type Known, known } from "../sessions/known.ts";
import { asOwner } from "../sessions/owner.ts";
import { tellFailure } from "../sessions/session-acts.ts";
import { texts } from "../texts/index.ts";
import type { Conversation } from "./conversation.ts";
import { type Draft, keepDraft, NO_DRAFT, readDraft } from "./draft.ts";
import { LiveRun } from "./live-run.ts";
import type { RunView } from "./run-view.ts";

/** Who answers in a session; null where nobody does. */
export function answererOf(session: Known | null): RunView["of"] | null {
  if (session?.team_id) return { kind: "team", id: session.team_id, name: session.team_id };
  return session?.agent_id ? { kind: "agent", id: session.agent_id, name: session.agent_id } : null;
}

/** Of a copy that was just made: the run that one goes on from in it. */
const forkedFrom = signal<{ sessionId: string; runId: string } | null>(null);

/** What is said in the open conversation, and what is done with its runs. */
export class Saying {
  readonly #conversation: Conversation;
  readonly draft = signal<Draft>(NO_DRAFT);
  /** What is on its way, and not accepted yet. */
  readonly sending = signal<string | null>(null);
  readonly failed = signal<Told | null>(null);
  /** The older run that the next message goes on from. */
  readonly goesOnFrom = signal<RunView | null>(null);
  /** The run of which something is done now. */
  readonly busy = signal<string | null>(null);

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.draft.value = readDraft(device, conversation.sessionId);
  }

  /** The conversation is there. Of a copy that was made at an older run, the next message goes on from that one. */
  async opened(): Promise<void> {
    const forked = forkedFrom.peek();
    if (forked?.sessionId !== this.#conversation.sessionId) return;
    forkedFrom.value = null;
    const run = await this.#conversation.reach(forked.runId);
    if (run !== null && run !== this.#conversation.runs.peek().at(-1)) this.goesOnFrom.value = run.view.peek();
  }

  type(text: string): void {
    this.#keep({ text, key: null });
    this.failed.value = null;
  }

  /** Sends what is typed. Once more with the same key after a failure: what has come already is not said twice. */
  async send(): Promise<void> {
    const { sessionId } = this.#conversation;
    const session = known(sessionId).peek();
    const of = answererOf(session);
    const text = this.draft.peek().text.trim();
    if (session === null || of === null || text === "" || this.sending.peek() !== null) return;
    const key = this.draft.peek().key ?? crypto.randomUUID();
    const from = this.goesOnFrom.peek();
    keepDraft(device, sessionId, { text, key });
    this.#conversation.isSaying = true;
    batch(() => {
      this.sending.value = text;
      this.failed.value = null;
      this.draft.value = NO_DRAFT;
    });
    const options = { ...asOwner(session), sessionId, idempotencyKey: key };
    const component = of.kind === "team" ? api.team(of.id) : api.agent(of.id);
    const head = { of: from?.of ?? of, asked: text, regeneratedFrom: null };
    try {
      if (from !== null) await this.#begun(again(from, { ...options, continueFrom: "end", input: text }), head);
      else if (this.#conversation.isBusy) await this.#queued(options, head);
      else await this.#begun(component.run({ ...options, message: text }), head);
      // What was typed meanwhile is another draft.
      keepDraft(device, sessionId, this.draft.peek());
      this.goesOnFrom.value = null;
    } catch (error) {
      const typed = this.draft.peek().text;
      this.#keep(typed === "" ? { text, key } : { text: `${text}\n${typed}`, key: null });
      if (!refused(error)) this.failed.value = toldOf(error);
    } finally {
      this.sending.value = null;
      this.#conversation.isSaying = false;
    }
  }

  /** Has the run's message answered again, in place of its answer. */
  regenerate(run: LiveRun): Promise<void> {
    return this.#act(run, texts.conversation.regenerateFailed, async (view) => {
      const { sessionId } = view;
      const stream = again(view, { ...this.#owner(), sessionId, regenerate: true });
      await this.#begun(stream, { of: view.of, asked: view.asked, regeneratedFrom: view.runId });
    });
  }

  /** Copies the session, and shows the copy where it goes on from the same run. */
  fork(run: LiveRun): Promise<void> {
    return this.#act(run, texts.sessions.forkFailed, async ({ sessionId, runId, of }) => {
      const path = `/${of.kind}s/${encodeURIComponent(of.id)}/sessions/${encodeURIComponent(sessionId)}/fork`;
      const { data } = await api.request<{ session_id: string }>("POST", path, { ...this.#owner(), body: {} });
      const copies = await api.sessions.runs(data.session_id, { limit: 1_000 });
      const copy = copies.find(({ forked_from_run_id: from }) => from === runId);
      if (copy !== undefined) forkedFrom.value = { sessionId: data.session_id, runId: copy.run_id };
      tell({ text: texts.conversation.forked });
      go({ screen: "session", sessionId: data.session_id, hasDetails: false, runId: copy?.run_id ?? null });
    });
  }

  /** Ends the run, or takes it out of the line that it waits in. */
  stop(run: LiveRun): Promise<void> {
    return this.#act(run, texts.conversation.stopFailed, () => run.stop(this.#owner()));
  }

  async #act(run: LiveRun, failed: string, act: (view: RunView) => Promise<void>): Promise<void> {
    if (this.busy.peek() !== null) return;
    this.busy.value = run.runId;
    try {
      await act(run.view.peek());
    } catch (error) {
      tellFailure(failed, error, () => void this.#act(run, failed, act));
    } finally {
      this.busy.value = null;
    }
  }

  #owner(): { userId?: string | null } {
    const session = known(this.#conversation.sessionId).peek();
    return session === null ? {} : asOwner(session);
  }

  /** Shows the run once it is accepted, and reads on. */
  async #begun(stream: RunStream, head: Pick<RunView, "of" | "asked" | "regeneratedFrom">): Promise<void> {
    const runId = await stream.runId;
    const sessionId = await stream.sessionId;
    const made = LiveRun.of({ ...head, runId, sessionId, status: "PENDING", createdAtMs: Date.now() });
    const run = this.#conversation.signal.aborted ? null : this.#conversation.add(made);
    this.sending.value = null;
    // Somebody has left, or another look at the server was faster: then this stream is read by nobody.
    if (run !== made) void stream[Symbol.asyncIterator]().return?.();
    else void run.follow(stream);
  }

  /** Behind a run that goes on: of a stream nothing comes, not even that it is accepted, until its turn has come. */
  async #queued(
    options: { sessionId: string; idempotencyKey: string; userId?: string | null },
    head: Pick<RunView, "of" | "asked" | "regeneratedFrom">,
  ): Promise<void> {
    const { sessionId, ...rest } = options;
    const body = { message: head.asked, session_id: sessionId, stream: false, background: true };
    const path = `/${head.of.kind}s/${encodeURIComponent(head.of.id)}/runs`;
    const { data } = await api.request<{ run_id: string }>("POST", path, { ...rest, body });
    const run = LiveRun.of({ ...head, runId: data.run_id, sessionId, status: "PENDING", createdAtMs: Date.now() });
    if (!this.#conversation.signal.aborted && this.#conversation.add(run) === run) void run.follow();
  }

  #keep(draft: Draft): void {
    this.draft.value = draft;
    keepDraft(device, this.#conversation.sessionId, draft);
  }
}

function again({ of, runId }: RunView, options: Parameters<ReturnType<typeof api.agent>["again"]>[1]): RunStream {
  return (of.kind === "team" ? api.team(of.id) : api.agent(of.id)).again(runId, options);
}
