import {
  AppError,
  badRequest,
  type Failure,
  mayNotKeepLonger,
  nameRefused,
  sessionExists,
  sessionIdRefused,
  sessionNotFound,
} from "../../domain/error.ts";
import { CALLS_AT_ONCE } from "../../domain/limits.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { couldSee, type Principal } from "../../domain/principal.ts";
import { mayKeep } from "../../domain/retention.ts";
import type { Session } from "../../domain/session.ts";
import { principal } from "../../http/auth.ts";
import { readPatchBody } from "../../http/body.ts";
import { brakeRunStart } from "../../http/brakes.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import { missingField, wrongField } from "../../http/field-errors.ts";
import { quotaOf } from "../../http/quota.ts";
import { callersView } from "../../http/view.ts";
import { guardedName } from "../../names/guard.ts";
import type { SessionClient } from "../../session/client.ts";
import type { RequestedPatch } from "../../session/row/patch.ts";
import { mayBegin, reservedSessionId } from "../../session/start/keyed-session.ts";
import { readContents, readDetail, type SessionContents } from "../../store/sessions/detail.ts";
import {
  decodeListCursor,
  type ListedSession,
  listCounted,
  listSessions,
  MAX_COUNTED,
  type SessionQuery,
  type SessionSort,
} from "../../store/sessions/list.ts";
import { createSession, directoryOfSessions, findSession, visibleIds } from "../../store/sessions/sessions.ts";
import { noteAct } from "../audit/note-act.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts, requireSession, type Scope, seen } from "../shared/find-session.ts";
import { withoutNulls } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import { refuseModel, refuseSession } from "../usage/over-quota.ts";
import * as contract from "./contract.ts";
import { sessionFilter } from "./fields.ts";
import { checkSizes, newSession, requestedPatch, typedName } from "./input.ts";
import { sessionDetail, sessionHeaders, sessionItem } from "./json.ts";
import { searchedSessions } from "./search.ts";

/** How much of its chat history a session's detail shows. */
const CHAT_TAIL = 200;

/** AgentOS's routes of sessions. They read D1; a session that exists is changed by its object. */
export function sessionsRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  router.openapi(contract.listSessions, async (c) => {
    const asked = c.req.valid("query");
    const { q, rank, cursor, page } = asked;
    const sort: SessionSort = { by: asked.sort_by ?? "created_at", order: asked.sort_order ?? "desc" };
    const filter = sessionFilter(asked);
    if (q !== undefined) return c.json(await searchedSessions(c, asked, q, filter), 200);
    if (rank !== undefined) throw wrongField("query", "rank", "rank goes with q", rank);
    const query: SessionQuery = { principal: principal(c), filter, sort };
    if (cursor === undefined) return c.json(await numberedPage(c, query, asked.limit, page ?? 1), 200);
    if (page !== undefined) throw wrongField("query", "page", "page and cursor exclude each other", page);
    return c.json(await pageBehind(c, query, asked.limit, cursor), 200);
  });

  router.openapi(contract.createSession, async (c) => {
    const query = c.req.valid("query");
    const body = c.req.valid("json");
    checkSizes({ session_state: body.session_state, metadata: body.metadata });
    const caller = principal(c);
    const session = newSession(query.type ?? "agent", { ...body, userId: caller.ownerId }, dependencies);
    if (!(await mayBegin(session.sessionId, null))) throw new AppError(reservedSessionId(session.sessionId));
    const own = { before: null, after: session.ttlSeconds };
    const mayBeKept = mayKeep(caller, own, componentOf(session), c.get("config").sessionTtlSeconds);
    if (!mayBeKept) throw new AppError(mayNotKeepLonger());
    if (session.name !== null) {
      session.name = await guardedName(componentOf(session), "manual", session.name, session);
      if (session.name === null) throw new AppError(nameRefused());
    }
    const quota = quotaOf(c);
    if (!(await createSession(database(c), session, quota))) {
      await refuseSession(c, quota, dependencies.now());
      throw new AppError(await whyTaken(c, caller, session.sessionId));
    }
    return c.json(
      withoutNulls(sessionDetail(session, { messages: [], total: 0 }, 0, callersView(c))),
      201,
      sessionHeaders(session),
    );
  });

  router.openapi(contract.deleteSessions, async (c) => {
    const { session_ids, session_types } = c.req.valid("json");
    if (session_ids.length !== session_types.length) {
      throw new AppError(badRequest("Session IDs and session types must have the same length"));
    }
    const caller = principal(c);
    const ids = await visibleIds(database(c), caller, [...new Set(session_ids)]);
    if (ids.length > 0) {
      const metadata = { sessions: ids.length };
      await noteAct(c, dependencies, { action: "sessions.deleted", target: caller.userId, metadata });
    }
    for (let from = 0; from < ids.length; from += CALLS_AT_ONCE) {
      const some = ids.slice(from, from + CALLS_AT_ONCE);
      const outcomes = await Promise.all(
        some.map((id) => dependencies.session(c.get("config"), id).deleteSession(caller, undoOf(c))),
      );
      outcomes.forEach(unwrap);
    }
    return c.body(null, 204);
  });

  router.openapi(contract.getSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const scope = c.req.valid("query");
    const asked = { sessionId: session_id, principal: principal(c) };
    const found = await readDetail(database(c), asked, scope.type, CHAT_TAIL);
    if (found === null) throw new AppError(sessionNotFound(notFoundTexts.detail(session_id, scope)));
    const { session, contents } = found;
    return c.json(withoutNulls(detail(c, session, contents)), 200, sessionHeaders(session));
  });

  router.openapi(contract.patchSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const patch = requestedPatch(await readPatchBody(c), c.req.valid("header")["If-Match"]);
    return change(c, session_id, c.req.valid("query"), (session, caller) => session.patchSession(caller, patch));
  });

  router.openapi(contract.renameSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const { session_name, autogenerate, fallback } = c.req.valid("json");
    const ifMatch = c.req.valid("header")["If-Match"];
    if (autogenerate !== true && session_name == null) throw missingField("body", "session_name");
    if (autogenerate === true && session_name != null) {
      throw wrongField("body", "session_name", "give session_name or autogenerate, not both", session_name);
    }
    const instead = fallback === undefined ? null : typedName(fallback, "fallback") || null;
    if (session_name != null) {
      const name = typedName(session_name, "session_name");
      const patch: RequestedPatch = { mode: "replace", ifMatch, name };
      return change(c, session_id, c.req.valid("query"), (session, caller) => session.patchSession(caller, patch));
    }
    await brakeRunStart(c);
    await refuseModel(c, quotaOf(c), dependencies.now());
    return change(c, session_id, c.req.valid("query"), (session, caller) =>
      session.generateName(caller, instead, ifMatch),
    );
  });

  router.openapi(contract.summarizeSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const ifMatch = c.req.valid("header")["If-Match"];
    await refuseModel(c, quotaOf(c), dependencies.now());
    const session = await changed(c, session_id, c.req.valid("query"), (object, caller) =>
      object.summarizeSession(caller, ifMatch),
    );
    return c.json(session.summary, 200, sessionHeaders(session));
  });

  router.openapi(contract.deleteSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const { type } = c.req.valid("query");
    const caller = principal(c);
    // A session of another type does not exist for this request. It is left alone, and the answer is the same.
    if (type === undefined || (await findSession(database(c), caller, session_id, type)) !== null) {
      unwrap(await dependencies.session(c.get("config"), session_id).deleteSession(caller, undoOf(c)));
    }
    return c.body(null, 204);
  });

  function componentOf({ sessionType, agentId, teamId }: Session) {
    return sessionType === "team" ? dependencies.teams.get(teamId ?? "") : dependencies.agents.get(agentId ?? "");
  }

  /** Has the session's object change the session, and answers the session as it stands then, with all keys. */
  async function change(...request: Parameters<typeof changed>) {
    const session = await changed(...request);
    return request[0].json(await withChat(request[0], session), 200, sessionHeaders(session));
  }

  async function changed(
    c: AppContext,
    sessionId: string,
    scope: Scope,
    apply: (session: SessionClient, caller: Principal) => Promise<Outcome<Session>>,
  ) {
    const notFound = sessionNotFound(notFoundTexts.change(sessionId));
    if (scope.type !== undefined) await requireSession(c, sessionId, scope, notFoundTexts.change(sessionId));
    const outcome = await apply(dependencies.session(c.get("config"), sessionId), principal(c));
    if (!outcome.ok && outcome.failure.code === "session_not_found") throw new AppError(notFound);
    return unwrap(outcome);
  }

  return router;
}

/** Why a session cannot have this id. A confined caller is told of a session of its own, and of no other. */
async function whyTaken(c: AppContext, caller: Principal, sessionId: string): Promise<Failure> {
  if (!caller.confined) return sessionExists(sessionId);
  const [holder] = await directoryOfSessions(database(c), [sessionId]);
  return holder !== undefined && couldSee(caller, holder) ? sessionExists(sessionId) : sessionIdRefused();
}

const undoOf = (c: AppContext) => ({ undo: c.get("config").deleteUndoSeconds > 0 });

/** A session as it stands, with what is in it now. */
export async function withChat(c: AppContext, session: Session) {
  return detail(c, session, await readContents(database(c), seen(c, session.sessionId), CHAT_TAIL));
}

const detail = (c: AppContext, session: Session, { chat, openRequirements }: SessionContents) =>
  sessionDetail(session, { messages: chat, total: session.chatMessages }, openRequirements, callersView(c));

/** The page that has this number, with what there is in all. */
async function numberedPage(c: AppContext, query: SessionQuery, limit: number, page: number) {
  const offset = (Math.max(1, page) - 1) * limit;
  const { counted, ...found } = await listCounted(database(c), query, { limit, from: { offset } });
  const totalCount = Math.min(counted, MAX_COUNTED);
  const meta = {
    page,
    total_pages: Math.ceil(totalCount / limit),
    total_count: totalCount,
    ...(counted > MAX_COUNTED && { total_count_capped: true }),
    ...cursorMeta(limit, found.nextCursor),
  };
  return { data: found.sessions.map(listed), meta };
}

/** The page behind a cursor; throws the 422 for a cursor of another list. */
async function pageBehind(c: AppContext, query: SessionQuery, limit: number, cursor: string) {
  const from = decodeListCursor(cursor, query.sort);
  if (from === null) throw wrongField("query", "cursor", "the cursor is not one of this list and order", cursor);
  const found = await listSessions(database(c), query, { limit, from });
  return { data: found.sessions.map(listed), meta: cursorMeta(limit, found.nextCursor) };
}

const listed = (session: ListedSession) => withoutNulls(sessionItem(session));

const cursorMeta = (limit: number, nextCursor: string | null) => ({
  limit,
  search_time_ms: 0,
  next_cursor: nextCursor,
});
