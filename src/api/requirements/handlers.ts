import { principal } from "../../http/auth.ts";
import { decodeRequirementCursor, listRequirements } from "../../store/runs/requirements.ts";
import { readCursor } from "../shared/cursor.ts";
import { database } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { countJson, requirementJson } from "./json.ts";

/** The inbox of people who approve: what runs wait for, over all sessions. Reads D1. */
export function requirementsRouter() {
  const router = newRouter();

  router.openapi(contract.listRequirements, async (c) => {
    const { status = "open", agent_id, limit, cursor } = c.req.valid("query");
    const from = readCursor(cursor, decodeRequirementCursor);
    const filter = { status, agentId: agent_id };
    const page = await listRequirements(database(c), principal(c), filter, { limit, from });
    const data = page.entries.map(({ requirement, run }) => requirementJson(requirement, run));
    return c.json({ data, meta: { limit, next_cursor: page.nextCursor, ...countJson(page.counted) } }, 200);
  });

  return router;
}
