import { decodeAuditCursor, listAudit } from "../../store/doors/audit.ts";
import { readCursor } from "../shared/cursor.ts";
import { database } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { auditJson } from "./json.ts";

/** What was done that others must be able to look up. */
export function auditRouter() {
  const router = newRouter();

  router.openapi(contract.listAudit, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const behind = readCursor(cursor, decodeAuditCursor);
    const page = await listAudit(database(c), { limit, behind });
    return c.json({ data: page.entries.map(auditJson), meta: { limit, next_cursor: page.nextCursor } }, 200);
  });

  return router;
}
