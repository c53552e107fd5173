import type { JsonObject } from "../../domain/json.ts";
import { MAX_MEMBERS_BYTES, MAX_RUN_EVENT_BYTES } from "../../domain/limits.ts";
import type { Message } from "../../domain/message.ts";
import type { Component } from "../../domain/team.ts";
import { ENTRY_BYTES } from "../../engine/run/event-log.ts";
import type { Run, RunHead } from "../../engine/run/state.ts";
import { Serial } from "../../lib/serial.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { Checkpoints } from "./journal-writer.ts";
import type { LiveRun } from "./live-run.ts";
import { LiveState, type StateChange } from "./live-state.ts";
import type { RunLane } from "../lane/run-lane.ts";
import { RunRecorder } from "./run-recorder.ts";

/** Events that every run still tells when it stops at the limit. */
const CLOSING_EVENT_BYTES = 8 * ENTRY_BYTES;

/** One run of a tree, with what it is driven with. */
export interface Strand {
  run: Run;
  component: Component;
  /** The messages that it started with. */
  input: readonly Message[];
  recorder: RunRecorder;
  /** Its team's; null for the top-level run. */
  parent: Strand | null;
}

/** A top-level run that is under way, with the member runs in it and what all of them share. */
export class RunTree {
  readonly lane: RunLane;
  readonly live: LiveRun;
  readonly top: Strand;
  readonly state: LiveState;
  /** Member runs are stored one at a time, so that their order is that of their run indexes. */
  readonly accepts = new Serial();
  readonly #checkpoints: Checkpoints;
  readonly #inputs: Map<string, readonly Message[]>;
  /** What each member run took when it started. */
  readonly #startBytes = new Map<string, number>();
  #nextMemberIndex: number;
  #nextPosition: number;

  /** `inputs`: the first messages of the member runs that are there already. */
  constructor(
    lane: RunLane,
    live: LiveRun,
    top: { run: Run; component: Component; input: readonly Message[] },
    inputs: ReadonlyMap<string, readonly Message[]> = new Map(),
  ) {
    this.lane = lane;
    this.live = live;
    const { run } = top;
    const { journal, now } = lane.deps;
    this.#checkpoints = new Checkpoints(journal);
    const eventsAtStart = run.eventCount;
    const onShown = () => {
      if (run.end === null && !live.gone) {
        journal.reserve(run.head.runId, run.eventCount, eventsAtStart);
      }
      live.publish(run);
    };
    const recorder = new RunRecorder(run, this.#checkpoints, now, onShown);
    this.top = { ...top, recorder, parent: null };
    const { session } = lane.memory;
    this.state = new LiveState(session === null ? run.state : (session.state ?? {}), (state) =>
      recorder.record({ type: "state_changed", state }),
    );
    this.#inputs = new Map(inputs);
    const { runIndex, memberSlots } = run.head;
    const used = allMembers(run).map(({ head }) => (head.runIndex ?? 0) + 1);
    this.#nextMemberIndex = Math.max((runIndex ?? 0) - memberSlots, ...used);
    this.#nextPosition = Math.max(0, ...run.requirements.map(({ position }) => position + 1));
  }

  /** The member run with this number of a team run that is in the tree. */
  member(parent: Strand, nth: number, component: Component, input?: readonly Message[]): Strand | null {
    const run = parent.run.members[nth];
    if (run === undefined) {
      return null;
    }
    const recorder = new RunRecorder(run, this.#checkpoints, this.lane.deps.now, (events) => {
      if (events > 0) {
        // How a member stopped is told once it is stored: nothing else would say that readers had it.
        parent.recorder.record({ type: "member_told", member: nth, events }, run.end !== null);
      }
    });
    if (input !== undefined) {
      this.#inputs.set(run.head.runId, input);
    }
    return { run, component, input: this.#inputs.get(run.head.runId) ?? [], recorder, parent };
  }

  /** How much the member runs may still take, what they start with and what they say. */
  memberRoom(): number {
    const taken = allMembers(this.top.run).map((run) => this.#startedWith(run) + run.outputBytes + run.eventBytes);
    return MAX_MEMBERS_BYTES - taken.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Applies a change of the session's state that D1 has, while the run may still be stored with it. */
  applyState(change: StateChange): void {
    // A run that is being closed without a state leaves that to whoever else writes it, and has ended with its own.
    if (this.live.stage !== "settling" || this.top.run.isStateChanged) {
      this.state.apply(change);
    }
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

  /** The run index of the next member run; null when the top-level run has no place for more. */
  takeMemberIndex(): number | null {
    return this.#nextMemberIndex < (this.top.run.head.runIndex ?? 0) ? this.#nextMemberIndex++ : null;
  }

  takePosition(): number {
    return this.#nextPosition++;
  }

  /** How much a run may still tell: its team's readers are told of it too. */
  eventRoom({ run, parent }: Strand): number {
    const own = MAX_RUN_EVENT_BYTES - run.eventBytes - CLOSING_EVENT_BYTES;
    return parent === null ? own : Math.min(own, this.eventRoom(parent));
  }
}

/** What a member run takes before it says anything: its task stands in its row as well. */
export function startBytes(input: readonly Message[], state: JsonObject): number {
  return input.reduce((sum, { content }) => sum + 2 * utf8Bytes(content), utf8Bytes(JSON.stringify(state)));
}

export function allMembers(run: Run): Run[] {
  return run.members.flatMap((member) => [member, ...allMembers(member)]);
}

/** Whether a run of this head stands in another one. */
export const isMember = (head: Pick<RunHead, "parentRunId">): boolean => head.parentRunId !== null;
