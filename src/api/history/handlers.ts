import { AppError, sessionNotFound } from "../../domain/error.ts";
import type { View } from "../../domain/view.ts";
import { CHAT_HISTORY, type HistoryFilter } from "../../engine/prompt/history.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { wrongField } from "../../http/field-errors.ts";
import { callersView } from "../../http/view.ts";
import {
  decodeHistoryCursor,
  findHistory,
  type HistoryCursor,
  type HistoryPage,
} from "../../store/messages/history.ts";
import { sessionHeaders, sessionNameJson } from "../sessions/json.ts";
import { database, notFoundTexts, requireSession, type Scope } from "../shared/find-session.ts";
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
    const detail = notFoundTexts.detail(session_id, query);
    // Without these a page is the same whatever the session is of.
    const asksForMembers =
      query.member_ids !== undefined || query.team_id !== undefined || query.skip_member_messages === false;
    const session = asksForMembers ? await requireSession(c, session_id, query, detail) : null;
    const filter = {
      sessionType: session?.sessionType,
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
    return c.json(pageJson(await requirePage(c, session_id, query, { filter, cursor }), view), 200);
  });

  router.openapi(contract.getChatHistory, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const cursor = cursorOf(query);
    const filter = { ...CHAT_HISTORY, lastNRuns: query.last_n_runs, limit: query.limit };
    return c.json(pageJson(await requirePage(c, session_id, query, { filter, cursor }), callersView(c)), 200);
  });

  router.openapi(contract.getSessionName, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const session = await requireSession(c, session_id, query, notFoundTexts.detail(session_id, query));
    return c.json(sessionNameJson(session, callersView(c)), 200, sessionHeaders(session));
  });

  return router;
}

interface Page {
  filter: HistoryFilter;
  cursor: HistoryCursor | undefined;
}

/** A page of the session's messages; throws the 404 if no such session exists for the caller. */
async function requirePage(c: AppContext, sessionId: string, scope: Scope, { filter, cursor }: Page) {
  const asked = { sessionId, principal: principal(c), sessionType: scope.type };
  const page = await findHistory(database(c), asked, filter, cursor);
  if (page === null) throw new AppError(sessionNotFound(notFoundTexts.detail(sessionId, scope)));
  return page;
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
