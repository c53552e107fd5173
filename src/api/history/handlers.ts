import type { View } from "../../domain/view.ts";
import { wrongField } from "../../http/field-errors.ts";
import { callersView } from "../../http/view.ts";
import {
  decodeHistoryCursor,
  type HistoryCursor,
  type HistoryPage,
  readChatHistory,
  readHistory,
} from "../../store/messages/history.ts";
import { sessionHeaders, sessionNameJson } from "../sessions/json.ts";
import { database, notFoundTexts, requireSession, seen } from "../shared/find-session.ts";
import { messagesJson } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";

/** Reading a session back: its messages, its chat history, its name. Reads D1. */
export function historyRouter() {
  const router = newRouter();

  router.openapi(contract.getMessages, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const cursor = cursorOf(query);
    const view = callersView(c);
    const session = await requireSession(c, session_id, query, notFoundTexts.detail(session_id, query));
    const filter = {
      sessionType: session.sessionType,
      agentId: query.agent_id,
      teamId: query.team_id,
      memberIds: query.member_ids,
      skipMemberMessages: query.skip_member_messages,
      lastNRuns: query.last_n_runs,
      limit: query.limit,
      skipRoles: view.mayReadConfig ? query.skip_roles : [...(query.skip_roles ?? []), "system" as const],
      skipStatuses: query.skip_statuses,
      skipHistoryMessages: query.skip_history_messages,
    };
    return c.json(pageJson(await readHistory(database(c), seen(c, session_id), filter, cursor), view), 200);
  });

  router.openapi(contract.getChatHistory, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const cursor = cursorOf(query);
    await requireSession(c, session_id, query, notFoundTexts.detail(session_id, query));
    const filter = { lastNRuns: query.last_n_runs, limit: query.limit };
    const page = await readChatHistory(database(c), seen(c, session_id), filter, cursor);
    return c.json(pageJson(page, callersView(c)), 200);
  });

  router.openapi(contract.getSessionName, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const session = await requireSession(c, session_id, query, notFoundTexts.detail(session_id, query));
    return c.json(sessionNameJson(session, callersView(c)), 200, sessionHeaders(session));
  });

  return router;
}

/** Each message says of which run it is, so that a reader can tell runs apart without asking for them. */
const pageJson = ({ data, meta }: HistoryPage, view: View) => ({
  data: data.flatMap((message) =>
    messagesJson([message], view).map((json) => ({ ...json, run_id: message.runId, run_status: message.runStatus })),
  ),
  meta,
});

function cursorOf({ before, after }: { before?: string | undefined; after?: string | undefined }) {
  if (before !== undefined && after !== undefined) {
    throw wrongField("query", "after", "before and after exclude each other", after);
  }
  const given = before ?? after;
  if (given === undefined) return undefined;
  const key = decodeHistoryCursor(given);
  if (key === null) throw wrongField("query", before === undefined ? "after" : "before", "not a cursor", given);
  const cursor: HistoryCursor = before === undefined ? { after: key } : { before: key };
  return cursor;
}
