import type { ComponentRef } from "../../domain/team.ts";
import { principal } from "../../http/auth.ts";
import { readRunBody } from "../../http/body.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import { parseFields } from "../../http/field-errors.ts";
import { sseControl } from "../../lib/sse.ts";
import type { ResumeAnswer } from "../../session/run-calls.ts";
import { eventsAnswer, isMissing, runHeaders } from "../runs/answer.ts";
import { requireSessionId } from "../runs/input.ts";
import { type ComponentType, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { newRouter } from "../shared/route.ts";
import { LastEventHeader, ResumeFields, resumeRoutes } from "./contract.ts";

interface ResumeRequest {
  component: ComponentRef;
  runId: string;
  sessionId: string;
  lastEventIndex: number | undefined;
}

/** Reading on in a run's events: by AgentOS's POST, or by a GET, for browsers. */
export function resumeRouter(dependencies: RouteDependencies, type: ComponentType) {
  const router = newRouter();
  const contract = resumeRoutes(type);

  router.openapi(contract.resumeRun, async (c) => {
    const { ref } = componentInPath(dependencies, type, c.req.valid("param"));
    const fields = parseFields(ResumeFields, await readRunBody(c));
    const inHeader = lastEventInHeader(c);
    const request = {
      component: ref,
      runId: c.req.valid("param").run_id,
      sessionId: requireSessionId(fields.session_id),
      lastEventIndex: inHeader ?? fields.last_event_index,
    };
    const resumed = await resume(c, request);
    return inHeader === undefined ? resumeAnswer(request, resumed) : reconnectAnswer(c, request, resumed);
  });

  router.openapi(contract.followRun, async (c) => {
    const { ref } = componentInPath(dependencies, type, c.req.valid("param"));
    const query = c.req.valid("query");
    const request = {
      component: ref,
      runId: c.req.valid("param").run_id,
      sessionId: requireSessionId(query.session_id),
      lastEventIndex: lastEventInHeader(c) ?? query.last_event_index,
    };
    return reconnectAnswer(c, request, await resume(c, request));
  });

  /** Null if the run, or its session, does not exist for the caller. */
  async function resume(c: AppContext, request: ResumeRequest): Promise<ResumeAnswer | null> {
    const { component, runId, sessionId, lastEventIndex } = request;
    const outcome = await dependencies.session(c.get("config"), sessionId).resumeRun({
      runId,
      component,
      principal: principal(c),
      lastEventIndex: lastEventIndex === undefined || lastEventIndex < 0 ? null : lastEventIndex,
    });
    return isMissing(outcome) ? null : unwrap(outcome);
  }

  return router;
}

function lastEventInHeader(c: AppContext): number | undefined {
  const header = { "Last-Event-ID": c.req.header("Last-Event-ID") };
  return parseFields(LastEventHeader, header, "header")["Last-Event-ID"];
}

/** As `resumeAnswer`, for readers that connect again whenever a stream ends. Only a 204 stops them. */
async function reconnectAnswer(c: AppContext, request: ResumeRequest, resumed: ResumeAnswer | null): Promise<Response> {
  if (resumed === null || !isOver(resumed) || resumed.missed > 0) return resumeAnswer(request, resumed);
  await resumed.stream.cancel();
  return c.body(null, 204, runHeaders(request.runId, request.sessionId));
}

const isOver = ({ status }: ResumeAnswer) => status !== "PENDING" && status !== "RUNNING";

/** If no such run exists for the caller, AgentOS says so in the stream. */
function resumeAnswer({ runId, sessionId }: ResumeRequest, resumed: ResumeAnswer | null): Response {
  const error = { event: "error", error: `Run ${runId} not found in buffer or database` };
  return eventsAnswer(resumed?.stream ?? sseControl("error", error), runHeaders(runId, sessionId));
}
