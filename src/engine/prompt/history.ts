import type { Message, Role } from "../../domain/message.ts";
import { HISTORY_SKIP_STATUSES, type RunStatus } from "../../domain/run.ts";
import type { SessionType } from "../../domain/session.ts";
import { refOf } from "../../domain/team.ts";

// The rules of Agno's `get_messages` and `get_chat_history`. Prompts and routes are both made by these rules, so a model
// and a reader never disagree about what a session's history is. The caller chooses which runs it asks about: all of
// them, those before its own, or those that SQL has narrowed down to.

/** A run that has started, as far as the rules look at it. Its messages are in the order in which they were written. */
export interface HistoryRun<M extends { role: Role } = Message> {
  runIndex: number;
  runId: string;
  agentId: string | null;
  teamId: string | null;
  parentRunId: string | null;
  status: RunStatus;
  messages: M[];
}

/** The parameters of Agno's `get_messages`. A parameter that is left out does not filter. */
export interface HistoryFilter {
  /** Only a team's session ever shows member runs. A session of another kind, or of no kind, never does. */
  sessionType?: SessionType | undefined;
  agentId?: string | undefined;
  /** In a team's session: the runs of this team at any depth, so that a member team has a history too. */
  teamId?: string | undefined;
  /** In a team's session: only member runs, of these agents and teams. `[]` means all member runs and the team's own. */
  memberIds?: readonly string[] | undefined;
  /** In a team's session: true when left out. With `memberIds` or `teamId` it counts as false, whatever it says. */
  skipMemberMessages?: boolean | undefined;
  /** Only the newest runs, of those that pass the filters on runs. 0 or less gives no message at all. */
  lastNRuns?: number | undefined;
  /** Only the newest messages, behind the first system message. 0 or less gives no message at all. */
  limit?: number | undefined;
  skipRoles?: readonly Role[] | undefined;
  /** `HISTORY_SKIP_STATUSES` when left out; `[]` skips no status. */
  skipStatuses?: readonly RunStatus[] | undefined;
  /** Agno's parameter. It changes nothing: messages that were copied from history into a prompt are never stored. */
  skipHistoryMessages?: boolean | undefined;
}

/**
 * What Agno's `get_chat_history` filters by: what people and agents said, in runs of any status; for a team, what its leader
 * said.
 */
export const CHAT_HISTORY = {
  skipRoles: ["system", "tool"],
  skipStatuses: [],
} as const satisfies HistoryFilter;

/** Which runs the other filters choose from: top-level runs, all runs, or the member runs of some agents and teams. */
export type Candidates = { which: "top level" } | { which: "any level" } | { which: "members"; ids: readonly string[] };

/** Decides which runs `filter` chooses from. */
export function candidates({ sessionType, teamId, memberIds, skipMemberMessages }: HistoryFilter): Candidates {
  if (sessionType !== "team") return { which: "top level" };
  if (memberIds !== undefined && memberIds.length > 0) return { which: "members", ids: memberIds };
  const isForcedOff = memberIds !== undefined || teamId !== undefined;
  return { which: isForcedOff || skipMemberMessages === false ? "any level" : "top level" };
}

/** Agno's `get_messages`: `runs` in order of run index, the answer oldest first. */
export function historyMessages<M extends { role: Role }>(
  runs: readonly HistoryRun<M>[],
  filter: HistoryFilter = {},
): M[] {
  const passing = passingMessages(runs, filter);
  return filter.limit === undefined ? passing : newestMessages(passing, filter.limit);
}

/** The messages that pass all filters but `limit`, in their order. Only the first system message is among them. */
export function passingMessages<M extends { role: Role }>(runs: readonly HistoryRun<M>[], filter: HistoryFilter): M[] {
  const skipRoles: ReadonlySet<Role> = new Set(filter.skipRoles);
  const passing: M[] = [];
  let hasSystem = false;
  for (const message of runsInHistory(runs, filter).flatMap((run) => run.messages)) {
    if (skipRoles.has(message.role)) continue;
    if (message.role === "system") {
      if (hasSystem) continue;
      hasSystem = true;
    }
    passing.push(message);
  }
  return passing;
}

function runsInHistory<M extends { role: Role }>(
  runs: readonly HistoryRun<M>[],
  filter: HistoryFilter,
): readonly HistoryRun<M>[] {
  const chosenFrom = candidates(filter);
  const skipStatuses = filter.skipStatuses ?? HISTORY_SKIP_STATUSES;
  const counting = runs.filter(
    (run) =>
      (filter.agentId === undefined || run.agentId === filter.agentId) &&
      (filter.teamId === undefined || run.teamId === filter.teamId) &&
      isAmong(chosenFrom, run) &&
      !skipStatuses.includes(run.status),
  );
  return filter.lastNRuns === undefined ? counting : newest(counting, filter.lastNRuns);
}

function isAmong(chosenFrom: Candidates, run: Pick<HistoryRun, "agentId" | "teamId" | "parentRunId">): boolean {
  switch (chosenFrom.which) {
    case "top level":
      return run.parentRunId === null;
    case "any level":
      return true;
    case "members":
      return run.parentRunId !== null && chosenFrom.ids.includes(refOf(run).id);
  }
}

/** The newest messages behind the first system message; results of calls that are cut off go too. */
export function newestMessages<M extends { role: Role }>(passing: readonly M[], limit: number): M[] {
  if (limit <= 0) return [];
  const system = passing.find((message) => message.role === "system");
  if (system !== undefined) {
    const others = passing.filter((message) => message !== system);
    return [system, ...newest(others, limit - 1)];
  }
  const kept = newest(passing, limit);
  // A tool message means nothing to a model without its call, which was cut off. Behind a system message it stays, as in Agno.
  const start = kept.findIndex((message) => message.role !== "tool");
  return start < 0 ? [] : kept.slice(start);
}

/** The last `count` entries. `slice(-0)` would be all of them. */
function newest<T>(entries: readonly T[], count: number): T[] {
  return count <= 0 ? [] : entries.slice(-count);
}
