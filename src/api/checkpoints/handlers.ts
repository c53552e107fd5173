import { checkpointList, checkpointSnapshot } from "./json.ts";
import * as contract from "./contract.ts";
import { newRouter } from "../shared/route.ts";
import { AppError, agentNotFound, badRequest, runNotFound, teamNotFound } from "../../domain/error.ts";
import { type ComponentRef, findComponent, type Registry } from "../../domain/team.ts";
import type { AppContext } from "../../http/context.ts";
import { findRun, type StoredRun } from "../../store/runs/runs.ts";
import { database, requireSession } from "../shared/find-session.ts";

/** Where a run could be continued from, as its stored messages say. */
export function checkpointsRouter(registry: Registry) {
  const router = newRouter();

  router.openapi(contract.listAgentCheckpoints, async (c) => {
    const { agent_id, run_id } = c.req.valid("param");
    return c.json(listed(await stored(c, { type: "agent", id: agent_id }, run_id, c.req.valid("query"))), 200);
  });

  router.openapi(contract.getAgentCheckpoint, async (c) => {
    const { agent_id, run_id, message_index } = c.req.valid("param");
    const run = await stored(c, { type: "agent", id: agent_id }, run_id, c.req.valid("query"));
    return c.json(snapshotAt(run, message_index), 200);
  });

  router.openapi(contract.listTeamCheckpoints, async (c) => {
    const { team_id, run_id } = c.req.valid("param");
    return c.json(listed(await stored(c, { type: "team", id: team_id }, run_id, c.req.valid("query"))), 200);
  });

  router.openapi(contract.getTeamCheckpoint, async (c) => {
    const { team_id, run_id, message_index } = c.req.valid("param");
    const run = await stored(c, { type: "team", id: team_id }, run_id, c.req.valid("query"));
    return c.json(snapshotAt(run, message_index), 200);
  });

  async function stored(c: AppContext, component: ComponentRef, runId: string, at: RunPlace): Promise<StoredRun> {
    const isAgent = component.type === "agent";
    if (findComponent(registry, component) === undefined)
      throw new AppError(isAgent ? agentNotFound() : teamNotFound());
    await requireSession(c, at.session_id, {}, "Run not found");
    const run = await findRun(database(c), at.session_id, runId);
    if (run === null || (isAgent ? run.row.agentId : run.row.teamId) !== component.id)
      throw new AppError(runNotFound());
    return run;
  }

  return router;
}

interface RunPlace {
  session_id: string;
}

const listed = ({ row, messages }: StoredRun) => checkpointList(row, messages);

function snapshotAt({ row, messages }: StoredRun, index: number | undefined) {
  if (index === undefined || index < 0 || index > messages.length) {
    throw new AppError(badRequest(`message_index must be between 0 and ${messages.length}`));
  }
  return checkpointSnapshot(row, messages, index);
}
