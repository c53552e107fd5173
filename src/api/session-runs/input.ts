import { AppError, badRequest } from "../../domain/error.ts";
import { RUN_STATUSES, type RunStatus } from "../../domain/run.ts";
import type { RunFilter } from "../../store/runs/run-filter.ts";

interface RunsQuery {
  created_after?: number | undefined;
  created_before?: number | undefined;
  status?: string[] | undefined;
  before?: string | undefined;
}

/** What a list of a session's runs is asked for. Throws AgentOS's 400 for a status that is none. */
export function runFilter(query: RunsQuery): RunFilter {
  const { created_after: after, created_before: before } = query;
  const statuses = readStatuses(query.status ?? []);
  return {
    ...(after !== undefined && { createdAfter: after * 1000 }),
    // The bound is a whole second and inclusive, so it is the end of that second.
    ...(before !== undefined && { createdBefore: before * 1000 + 999 }),
    ...(statuses.length > 0 && { statuses }),
    ...(query.before !== undefined && { before: query.before }),
  };
}

function readStatuses(given: readonly string[]): RunStatus[] {
  const wanted = [...new Set(given.map((status) => status.toUpperCase()))];
  const statuses = RUN_STATUSES.filter((status) => wanted.includes(status));
  if (statuses.length === wanted.length) return statuses;
  const unknown = wanted.filter((status) => !RUN_STATUSES.some((known) => known === status)).sort();
  throw new AppError(
    badRequest(`Invalid status value(s) ${listed(unknown)}; expected one of ${listed(RUN_STATUSES.toSorted())}`),
  );
}

/** A list of texts as Python writes it, which AgentOS's sentence has. */
const listed = (texts: readonly string[]) => `[${texts.map((text) => `'${text}'`).join(", ")}]`;
