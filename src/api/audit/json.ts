import type { AuditEntry } from "../../domain/audit.ts";
import { epochSeconds } from "../shared/json.ts";

/** An act as AgentOS shows it: `metadata` only where there is some. */
export const auditJson = ({ createdAt, actor, action, target, before, after, metadata }: AuditEntry) => ({
  created_at: epochSeconds(createdAt),
  actor,
  action,
  target,
  before,
  after,
  ...(metadata !== null && { metadata }),
});
