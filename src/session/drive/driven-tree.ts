import type { JsonObject } from "../../domain/json.ts";
import {
  MAX_MEMBERS_ASIDE_BYTES,
  MAX_MEMBERS_BYTES,
  MAX_PROVIDER_DATA_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_RUN_EVENT_BYTES,
  MAX_RUN_PROVIDER_DATA_BYTES,
  MAX_RUN_REASONING_BYTES,
} from "../../domain/limits.ts";
import type { Message } from "../../domain/message.ts";
import type { Component } from "../../domain/team.ts";
import { ENTRY_BYTES, endsInReasoning } from "../../engine/run/event-log.ts";
import type { Run, RunFact } from "../../engine/run/state.ts";
import { Serial } from "../../lib/serial.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { JournalWriter } from "./journal-writer.ts";
import type { LiveRun } from "./live-run.ts";
import { LiveState } from "./live-state.ts";
import { RunRecorder } from "./run-recorder.ts";

/** Room that a run leaves free for the events that tell its end, for when it stops at the limit. */
const CLOSING_EVENT_BYTES = 8 * ENTRY_BYTES;
/** What one delta of reasoning may add to the log. */
const REASONING_EVENT_BYTES = 3 * ENTRY_BYTES;

/** One run of a tree, with what it is driven with. */
export interface Strand {
  run: Run;
  component: Component;
  /** The messages that it started with. */
  input: readonly Message[];
  recorder: RunRecorder;
  /** The strand of its team run; null for the top-level run. */
  parent: Strand | null;
}

/** A top-level run that is to be driven. */
export interface TreeTop {
  live: LiveRun;
  run: Run;
  component: Component;
  /** The session's state as it stands now. */
  state: JsonObject;
  /** The first messages of the member runs that are in it already. */
  memberInputs: ReadonlyMap<string, readonly Message[]>;
}

/** A top-level run while it is driven, with the member runs in it and what all of them share. */
export class DrivenTree {
  readonly live: LiveRun;
  readonly top: Strand;
  readonly state: LiveState;
  /** Member runs are stored one at a time, so that their order is that of their run indexes. */
  readonly accepts = new Serial();
  readonly #now: () => number;
  readonly #writer: JournalWriter;
  readonly #inputs: Map<string, readonly Message[]>;
  /** The bytes of each member run when it started. */
  readonly #startBytes = new Map<string, number>();
  #nextMemberIndex: number;
  #nextPosition: number;

  constructor(
    { live, run, component, state, memberInputs }: TreeTop,
    { journal, now }: Pick<SessionDependencies, "journal" | "now">,
  ) {
    this.live = live;
    this.#now = now;
    this.#writer = new JournalWriter(journal);
    const eventsAtStart = run.eventCount;
    const onShown = () => {
      if (run.end === null && !live.gone) {
        journal.reserve(run.head.runId, run.eventCount, eventsAtStart);
      }
      live.publish(run);
    };
    const recorder = new RunRecorder(run, this.#writer, now, onShown);
    this.top = { run, component, input: live.input, recorder, parent: null };
    this.state = new LiveState(state, (changed) => recorder.record({ type: "state_changed", state: changed }));
    this.#inputs = new Map(memberInputs);
    const { runIndex, memberSlots } = run.head;
    const used = allMembers(run).map(({ head }) => (head.runIndex ?? 0) + 1);
    this.#nextMemberIndex = Math.max((runIndex ?? 0) - memberSlots, ...used);
    this.#nextPosition = Math.max(0, ...run.requirements.map(({ position }) => position + 1));
  }

  /** The member run with this number of a team run; null if the team run has none. `input` is given when it starts. */
  member(parent: Strand, nth: number, component: Component, input?: readonly Message[]): Strand | null {
    const run = parent.run.members[nth];
    if (run === undefined) {
      return null;
    }
    const recorder = new RunRecorder(run, this.#writer, this.#now, (events) => {
      if (events > 0) {
        // The journal writes this fact together with the next one. After a member's end none may follow: it is written at once.
        const told: RunFact = { type: "member_told", member: nth, events };
        parent.recorder.record(endsInReasoning(run.log) ? { ...told, isReasoning: true } : told, run.end !== null);
      }
    });
    if (input !== undefined) {
      this.#inputs.set(run.head.runId, input);
    }
    return { run, component, input: this.#inputs.get(run.head.runId) ?? [], recorder, parent };
  }

  /** How many bytes the member runs may still take. What they start with counts, and what they say. */
  memberRoom(): number {
    const taken = allMembers(this.top.run).map((run) => this.#startedWith(run) + run.outputBytes + run.eventBytes);
    return MAX_MEMBERS_BYTES - taken.reduce((sum, bytes) => sum + bytes, 0);
  }

  #startedWith({ head }: Run): number {
    const known = this.#startBytes.get(head.runId);
    if (known !== undefined) {
      return known;
    }
    const bytes = startBytes(this.#inputs.get(head.runId) ?? [], head.sessionState);
    this.#startBytes.set(head.runId, bytes);
    return bytes;
  }

  /** Takes the run index for the next member run; null when the top-level run has no place for more. */
  takeMemberIndex(): number | null {
    return this.#nextMemberIndex < (this.top.run.head.runIndex ?? 0) ? this.#nextMemberIndex++ : null;
  }

  /** Takes the position for the next requirement of the tree. */
  takePosition(): number {
    return this.#nextPosition++;
  }

  /** How many bytes of events a run may still tell. They count in the logs of the runs that it is in, too. */
  eventRoom({ run, parent }: Strand): number {
    const own = MAX_RUN_EVENT_BYTES - run.eventBytes - CLOSING_EVENT_BYTES;
    return parent === null ? own : Math.min(own, this.eventRoom(parent));
  }

  /** How many bytes of reasoning a run may still tell and keep. */
  reasoningRoom(strand: Strand): number {
    const own = MAX_RUN_REASONING_BYTES - strand.run.reasoningBytes;
    return this.#reasoningEventRoom(strand) < REASONING_EVENT_BYTES ? 0 : Math.min(own, this.#asideRoom(strand));
  }

  #reasoningEventRoom({ run, parent }: Strand): number {
    const own = MAX_REASONING_EVENT_BYTES - run.reasoningEventBytes;
    return parent === null ? own : Math.min(own, this.#reasoningEventRoom(parent));
  }

  /** How many bytes of provider data a run may still keep. */
  providerDataRoom(strand: Strand): number {
    const own = MAX_RUN_PROVIDER_DATA_BYTES - strand.run.providerDataBytes;
    return Math.min(MAX_PROVIDER_DATA_BYTES, own, this.#asideRoom(strand));
  }

  /** How much the member runs may still keep beside what they say. The top-level run has bounds of its own only. */
  #asideRoom({ parent }: Strand): number {
    if (parent === null) {
      return Number.POSITIVE_INFINITY;
    }
    const taken = allMembers(this.top.run).map(
      (run) => run.reasoningBytes + run.reasoningEventBytes + run.providerDataBytes,
    );
    return MAX_MEMBERS_ASIDE_BYTES - taken.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/**
 * The bytes that a member run takes when it starts. Its task counts twice, because it is a message and is
 * in the run's row.
 */
export function startBytes(input: readonly Message[], state: JsonObject): number {
  return input.reduce((sum, { content }) => sum + 2 * utf8Bytes(content), utf8Bytes(JSON.stringify(state)));
}

/** The member runs in a run, at any depth. */
export function allMembers(run: Run): Run[] {
  return run.members.flatMap((member) => [member, ...allMembers(member)]);
}
