import { type JobParams, MAX_CONFINED_JOB_IDS } from "../../domain/job.ts";
import { confinedTo, type Principal } from "../../domain/principal.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import { missingField, wrongField } from "../../http/field-errors.ts";
import { manualName } from "../../names/typed-name.ts";
import { sessionFilter } from "../sessions/fields.ts";
import { paramsOf, refuseOthersFields } from "./actions.ts";
import type { BulkFilter, ChangeSessionsBody } from "./contract.ts";

/** What is to be changed, and of which sessions. */
export interface RequestedChange {
  params: JobParams;
  from: { ids: string[] } | { filter: SessionFilter; whose: Principal };
}

/** The change that a body asks for; throws the 422. */
export function requestedChange(body: ChangeSessionsBody, caller: Principal): RequestedChange {
  const { action, all, filter } = body;
  refuseOthersFields(action, body);
  if (all != null && filter == null) throw wrong("all", "all goes with delete by filter");
  if (action === "rename") return renames(body);
  const from = sessionsOf(body, caller);
  const params = paramsOf(action, body);
  if (action === "delete" && "filter" in from && all !== true && isOpen(from, caller)) {
    throw wrong("filter", "this filter lets in every session: give a condition, or all: true");
  }
  return { params, from };
}

function renames({ names, session_ids, filter }: ChangeSessionsBody): RequestedChange {
  if (session_ids != null || filter != null) {
    throw wrong(filter == null ? "session_ids" : "filter", "rename takes names instead");
  }
  if (names == null) throw missingField("body", "names");
  const values = names.map(({ session_name }, nth) => {
    const checked = manualName(session_name);
    if (checked.ok) return checked.name;
    throw wrongField("body", ["names", nth, "session_name"], checked.reason, session_name);
  });
  return { params: { action: "rename", values }, from: { ids: names.map(({ session_id }) => session_id) } };
}

function sessionsOf({ session_ids, filter }: ChangeSessionsBody, caller: Principal): RequestedChange["from"] {
  if ((filter == null) === (session_ids == null)) throw wrong("session_ids", "give either session_ids or filter");
  if (filter == null) return { ids: namedIds(session_ids ?? [], caller) };
  const { user_id, ...conditions } = filter;
  const whose = user_id === undefined ? caller : confinedTo(caller, user_id);
  const means = filterOf(conditions);
  return whose === null ? { ids: [] } : { filter: means, whose };
}

function namedIds(ids: string[], { confined }: Principal): string[] {
  if (!confined || ids.length <= MAX_CONFINED_JOB_IDS) return ids;
  throw wrong(
    "session_ids",
    `without users:act a request names at most ${MAX_CONFINED_JOB_IDS} sessions: send several requests, or a filter`,
  );
}

function filterOf({
  agent_id,
  team_id,
  component_id,
  type,
  ...conditions
}: Omit<BulkFilter, "user_id">): SessionFilter {
  const named = [agent_id, team_id, component_id].filter((id) => id !== undefined);
  if (named.length > 1) throw wrongIn("component_id", "give one of agent_id, team_id and component_id");
  const typed = agent_id !== undefined ? "agent" : team_id !== undefined ? "team" : type;
  if (type !== undefined && typed !== type) throw wrongIn("type", `with ${typed}_id it is ${typed}`);
  return sessionFilter({ ...conditions, type: typed, component_id: named[0] }, { at: "body", path: ["filter"] });
}

/** Whether the filter has no condition, so that all sessions of the caller pass, or all that are not archived. */
function isOpen({ filter, whose }: { filter: SessionFilter; whose: Principal }, caller: Principal): boolean {
  const { archived, ...conditions } = filter;
  const isOfAll = whose.userId === caller.userId && archived !== true;
  return isOfAll && Object.values(conditions).every((condition) => condition === undefined);
}

const wrong = (field: string, reason: string) => wrongField("body", field, reason, undefined);
const wrongIn = (field: string, reason: string) => wrongField("body", ["filter", field], reason, undefined);
