import { AppError, modelNotConfigured, runNotFound, sessionNotFound } from "../../domain/error.ts";
import { MAX_LIST_BYTES } from "../../domain/limits.ts";
import { principal } from "../../http/auth.ts";
import { readRunBody } from "../../http/body.ts";
import { unwrap } from "../../http/errors.ts";
import { parseFields } from "../../http/field-errors.ts";
import { quotaOf } from "../../http/quota.ts";
import { newestTrees, placeOfRun } from "../../store/runs/newest-trees.ts";
import { readStanding, unstartedRuns } from "../../store/runs/standing.ts";
import { readAct } from "../../wire/ui/act.ts";
import { runsReader } from "../runs/reader.ts";
import { type ComponentType, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts, requireSession, seen } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import { sessionNamed } from "../shared/session-named.ts";
import { doAct } from "./acts.ts";
import { chatAnswer, followAnswer } from "./answer.ts";
import { ChatFields, chatRoutes } from "./contract.ts";
import { streamChat } from "./history.ts";
import { chatInput } from "./input.ts";
import { replaces } from "./replaced.ts";

/** Agents and teams as chats of AI SDK's `useChat`. */
export function chatRouter(dependencies: RouteDependencies, type: ComponentType) {
  const router = newRouter();
  const contract = chatRoutes(type);

  router.openapi(contract.sendChat, async (c) => {
    const { ref, component } = componentInPath(dependencies, type, c.req.valid("param"));
    const fields = parseFields(ChatFields, await readRunBody(c));
    const { sent, options } = chatInput(fields, c.req.valid("query"));
    const act = unwrap(readAct(sent));
    if (dependencies.models(c.get("config"))(component.model) === null) throw new AppError(modelNotConfigured());
    const caller = principal(c);
    const sessionId = sessionNamed(c, fields.id) ?? fields.id;
    const read = { kind: "stream", contentOnly: false, format: "ui" } as const;
    const chat = {
      c,
      dependencies,
      caller,
      component: ref,
      sessionId,
      session: dependencies.session(c.get("config"), sessionId),
      options,
      reading: { principal: caller, quota: quotaOf(c), onBusy: options.onBusy, read },
    };
    return chatAnswer(c, unwrap(await doAct(chat, act)));
  });

  router.openapi(contract.readChat, async (c) => {
    const { ref: component } = componentInPath(dependencies, type, c.req.valid("param"));
    const sessionId = c.req.valid("param").session_id;
    const { limit, before } = c.req.valid("query");
    const session = await requireSession(c, sessionId, {}, notFoundTexts.plain);
    const db = database(c);
    const filter = { ...seen(c, sessionId), component };
    const place = before === undefined ? null : await placeOfRun(db, filter, before);
    if (before !== undefined && place === null) throw new AppError(runNotFound());
    const page = { before: place, maxRuns: limit, maxBytes: MAX_LIST_BYTES };
    const [{ places, hasMore }, standing, waiting] = await Promise.all([
      newestTrees(db, filter, page),
      readStanding(db, filter, component),
      place === null ? unstartedRuns(db, filter, component) : [],
    ]);
    const isOthers = (component.type === "agent" ? session.agentId : session.teamId) !== component.id;
    if (isOthers && places.length === 0 && waiting.length === 0) throw new AppError(sessionNotFound());
    const { activeRunId, pausedRunId } = standing;
    const head = { id: sessionId, active_run_id: activeRunId, paused_run_id: pausedRunId, has_more: hasMore };
    const shown = places.toReversed().filter(({ runId }) => !waiting.some(({ origin }) => replaces(origin, runId)));
    return streamChat(db, filter, { head, places: shown, waiting }, runsReader(c));
  });

  router.openapi(contract.followChat, async (c) => {
    const { ref: component } = componentInPath(dependencies, type, c.req.valid("param"));
    const sessionId = c.req.valid("param").session_id;
    await requireSession(c, sessionId, {}, notFoundTexts.plain);
    const { activeRunId: runId } = await readStanding(database(c), seen(c, sessionId), component);
    if (runId === null) return c.body(null, 204);
    const asked = { runId, component, principal: principal(c), lastEventIndex: null, format: "ui" } as const;
    const resumed = await dependencies.session(c.get("config"), sessionId).resumeRun(asked);
    return followAnswer(runId, sessionId, unwrap(resumed));
  });

  router.openapi(contract.stopChat, async (c) => {
    const { ref: component } = componentInPath(dependencies, type, c.req.valid("param"));
    const sessionId = c.req.valid("param").session_id;
    await requireSession(c, sessionId, {}, notFoundTexts.plain);
    const { activeRunId } = await readStanding(database(c), seen(c, sessionId), component);
    if (activeRunId !== null) {
      unwrap(await dependencies.session(c.get("config"), sessionId).cancelRun(principal(c), activeRunId));
    }
    return c.body(null, 204);
  });

  return router;
}
