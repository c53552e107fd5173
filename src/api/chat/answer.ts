import { AppError, sessionUnavailable } from "../../domain/error.ts";
import type { AppContext } from "../../http/context.ts";
import type { ResumeAnswer, RunAnswer } from "../../session/run-calls.ts";
import { eventsAnswer, runAnswer, runHeaders } from "../runs/answer.ts";

type Streamed = Pick<ResumeAnswer, "stream" | "format">;

/** A run's UI message stream, with its headers. */
export async function chatAnswer(c: AppContext, answer: RunAnswer): Promise<Response> {
  const { result } = answer;
  if (result.kind !== "stream") throw new Error("A chat is read as a stream.");
  await requireUi(result);
  return asUiStream(runAnswer(c, answer));
}

/** The UI message stream of a run that is read again. */
export async function followAnswer(runId: string, sessionId: string, answer: ResumeAnswer): Promise<Response> {
  await requireUi(answer);
  return asUiStream(eventsAnswer(answer.stream, runHeaders(runId, sessionId)));
}

/**
 * An object from before there were formats has written AgentOS's events. A client of AI SDK would break at them, and so it is
 * told to ask again: the request's key makes that safe.
 */
async function requireUi({ stream, format }: Streamed): Promise<void> {
  if (format === "ui") return;
  await stream.cancel();
  throw new AppError(sessionUnavailable());
}

function asUiStream(answer: Response): Response {
  answer.headers.set("X-Vercel-AI-UI-Message-Stream", "v1");
  return answer;
}
