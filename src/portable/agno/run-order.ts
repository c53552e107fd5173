import { MAX_MEMBER_SLOTS, MAX_REQUIREMENTS } from "../../domain/limits.ts";
import type { PortableRequirement } from "../record/run-record.ts";
import type { AgnoRun } from "./runs.ts";

/** How much is held, at most, of member runs whose top-level run has not come. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;
const MAX_HELD = MAX_MEMBER_SLOTS;

/** A member run that is held; `nth` says how many were held before it. */
type Held = AgnoRun & { chars: number; nth: number };

/**
 * Gives runs their run indexes. They keep Agno's order, except that a team's run stands right behind its member runs. In a
 * file, a member run comes before or after its team's run. It comes twice if the team's run holds its members' answers too.
 */
export class AgnoRunOrder {
  readonly #held = new Map<string, Held>();
  /** The same runs by their parents, so that a run finds its own member runs without looking at all others. */
  readonly #waiting = new Map<string, Held[]>();
  #top: AgnoRun | null = null;
  #chars = 0;
  #added = 0;
  #next = 0;

  /** Whether more member runs are held than an import may hold. */
  get isFull(): boolean {
    return this.#chars > MAX_HELD_CHARS || this.#held.size > MAX_HELD;
  }

  /** Takes a run; answers the runs whose run index is known now. */
  add(run: AgnoRun, chars: number): AgnoRun[] {
    const { runId, parentRunId } = run.run;
    if (parentRunId !== null) {
      if (!this.#held.has(runId)) {
        const held = { ...run, chars, nth: this.#added++ };
        this.#held.set(runId, held);
        const siblings = this.#waiting.get(parentRunId);
        if (siblings === undefined) this.#waiting.set(parentRunId, [held]);
        else siblings.push(held);
        this.#chars += chars;
      }
      return [];
    }
    const placed = this.#place();
    this.#top = run;
    return placed;
  }

  /**
   * The remaining runs. Behind them stand member runs whose team's run did not come. No list shows those, as in Agno.
   */
  end(): AgnoRun[] {
    const placed = this.#place();
    const rest = [...this.#held.values()].map((run) => ({ ...this.#at(run), requirements: [] }));
    this.#held.clear();
    this.#waiting.clear();
    return [...placed, ...rest];
  }

  #place(): AgnoRun[] {
    const top = this.#top;
    if (top === null) return [];
    const within = this.#within(top.run.runId);
    const members = [...within.values()].flat().sort((one, other) => one.nth - other.nth);
    for (const { run, chars } of members) {
      this.#held.delete(run.runId);
      this.#chars -= chars;
    }
    const calls = new Map([...members, top].flatMap((run) => callsOfMembers(run, within.get(run.run.runId) ?? [])));
    const placed = members.map((member) => {
      const { run } = this.#at(member);
      return { ...member, run: { ...run, parentCall: calls.get(run.runId) ?? null }, requirements: [] };
    });
    const { run } = this.#at(top);
    return [
      ...placed,
      { ...top, run: { ...run, memberSlots: members.length }, requirements: requirementsOfTree(top, members) },
    ];
  }

  #at(run: AgnoRun): AgnoRun {
    const runIndex = this.#next;
    this.#next += 1;
    return { ...run, run: { ...run.run, runIndex } };
  }

  /** Takes all held runs of a tree out of the waiting ones; answers them by their parents. */
  #within(topId: string): Map<string, Held[]> {
    const within = new Map<string, Held[]>();
    const ids = [topId];
    for (const id of ids) {
      const members = this.#waiting.get(id);
      if (members === undefined) continue;
      // The entry is deleted before its members are looked at: else a run that names itself as its parent would loop.
      this.#waiting.delete(id);
      within.set(id, members);
      for (const { run } of members) ids.push(run.runId);
    }
    return within;
  }
}

/** What people were asked in the top-level run, and behind it what they were asked in its member runs. */
function requirementsOfTree(top: AgnoRun, members: readonly AgnoRun[]): PortableRequirement[] {
  const all = [...top.requirements, ...members.flatMap(({ requirements }) => requirements)];
  return all.slice(0, Math.max(top.requirements.length, MAX_REQUIREMENTS)).map((requirement, position) => ({
    ...requirement,
    runId: top.run.runId,
    position,
  }));
}

/**
 * Which call of a run made which of its member runs. If Agno does not say, a call gets the next run of the member that
 * it names.
 */
function callsOfMembers({ delegations }: AgnoRun, members: readonly AgnoRun[]): [runId: string, call: number][] {
  const left = new Map(members.map(({ run }) => [run.runId, run]));
  // The runs of each member, the next one to be taken last.
  const ofMember = new Map<string | null, string[]>();
  for (const { run } of members.toReversed()) {
    const memberId = run.agentId ?? run.teamId;
    const ids = ofMember.get(memberId);
    if (ids === undefined) ofMember.set(memberId, [run.runId]);
    else ids.push(run.runId);
  }
  const nextOf = (memberId: string | null): string | undefined => {
    const ids = ofMember.get(memberId) ?? [];
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) if (left.has(id)) return id;
    return undefined;
  };
  return delegations.flatMap(({ runId, memberId, isForAll }, call) => {
    const named = isForAll ? [...left.keys()] : [runId ?? nextOf(memberId) ?? ""];
    return named.flatMap((id): [string, number][] => (left.delete(id) ? [[id, call]] : []));
  });
}
