import { ITEM_OUTCOMES, type ItemOutcome } from "../../domain/job.ts";
import type { JobFilter } from "../../store/jobs/writes.ts";

interface FilterFields {
  unnamed: boolean;
  agent_id?: string | null | undefined;
  team_id?: string | null | undefined;
  user_id?: string | null | undefined;
  updated_after?: number | undefined;
}

/** The sessions that a naming job is to find. */
export const jobFilter = ({ unnamed, agent_id, team_id, user_id, updated_after }: FilterFields): JobFilter => ({
  unnamed,
  agentId: agent_id ?? undefined,
  teamId: team_id ?? undefined,
  userId: user_id ?? undefined,
  updatedAfter: updated_after,
});

/** The outcome that a word of a query stands for. Naming jobs say `named` for `succeeded`. */
export const outcomeOf = (word: string | undefined): ItemOutcome | undefined =>
  ITEM_OUTCOMES.find((outcome) => outcome === (word === "named" ? "succeeded" : word));
