import { MAX_MEMBER_SLOTS } from "../../domain/limits.ts";
import type { AgnoRun } from "./runs.ts";

/** What is held until the run that it is part of is there. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;
const MAX_HELD = MAX_MEMBER_SLOTS;

/**
 * Gives runs their places, in the order in which Agno kept them, but a team's run right behind its member runs: those
 * come before it or after it, and twice where it holds its members' answers too.
 */
export class AgnoRunOrder {
  #held = new Map<string, AgnoRun & { chars: number }>();
  #top: AgnoRun | null = null;
  #chars = 0;
  #next = 0;

  /** Whether more is held than should be. */
  get isFull(): boolean {
    return this.#chars > MAX_HELD_CHARS || this.#held.size > MAX_HELD;
  }

  /** Answers the runs whose places are known now. */
  add(run: AgnoRun, chars: number): AgnoRun[] {
    const { runId, parentRunId } = run.run;
    if (parentRunId !== null) {
      if (!this.#held.has(runId)) {
        this.#held.set(runId, { ...run, chars });
        this.#chars += chars;
      }
      return [];
    }
    const placed = this.#place();
    this.#top = run;
    return placed;
  }

  /** The last ones; member runs whose team run is not there are kept, where nobody lists them, as in Agno. */
  end(): AgnoRun[] {
    const placed = this.#place();
    const rest = [...this.#held.values()].map((run) => this.#at(run));
    this.#held.clear();
    return [...placed, ...rest];
  }

  #place(): AgnoRun[] {
    const top = this.#top;
    if (top === null) return [];
    const members = [...this.#held.values()].filter((run) => this.#isWithin(run, top.run.runId));
    for (const { run, chars } of members) {
      this.#held.delete(run.runId);
      this.#chars -= chars;
    }
    const calls = new Map([...members, top].flatMap((run) => callsOfMembers(run, members)));
    const placed = members.map((member) => {
      const { run } = this.#at(member);
      return { ...member, run: { ...run, parentCall: calls.get(run.runId) ?? null } };
    });
    const { run } = this.#at(top);
    return [...placed, { ...top, run: { ...run, memberSlots: members.length } }];
  }

  #at(run: AgnoRun): AgnoRun {
    const runIndex = this.#next;
    this.#next += 1;
    return { ...run, run: { ...run.run, runIndex } };
  }

  #isWithin(run: AgnoRun, topId: string): boolean {
    const seen = new Set<string>();
    for (let parent = run.run.parentRunId; parent !== null && !seen.has(parent); ) {
      if (parent === topId) return true;
      seen.add(parent);
      parent = this.#held.get(parent)?.run.parentRunId ?? null;
    }
    return false;
  }
}

/** Which call of a run made which of the member runs. Agno seldom says; then a call's member tells, in order. */
function callsOfMembers({ run, delegations }: AgnoRun, members: readonly AgnoRun[]): [runId: string, call: number][] {
  const left = new Map(
    members.filter((member) => member.run.parentRunId === run.runId).map((member) => [member.run.runId, member.run]),
  );
  return delegations.flatMap(({ runId, memberId, isForAll }, call) => {
    const all = [...left.values()];
    const named =
      runId === null ? all.find(({ agentId, teamId }) => (agentId ?? teamId) === memberId) : left.get(runId);
    const made = isForAll ? all : named === undefined ? [] : [named];
    for (const one of made) left.delete(one.runId);
    return made.map((one): [string, number] => [one.runId, call]);
  });
}
