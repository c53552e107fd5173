import type { Message } from "../../domain/message.ts";
import { NO_USAGE } from "../../domain/model.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { addUsage } from "./metrics.ts";
import { requirementOfCall, toolAnswers } from "./calls.ts";
import type { Run } from "./state.ts";

const NOT_ANSWERED = { status: "open", answer: null, answerNote: null, answeredBy: null, answeredAt: null } as const;

/**
 * The run as it was at the pause that the first `entries` of its log end with; itself when they end with none. What is
 * kept only as it is now stays so: the session's state, the time spent in the model, and member runs.
 */
export function runAtPause(run: Run, entries: number): Run {
  const log = run.log.slice(0, entries);
  const pause = log.at(-1);
  if (pause?.kind !== "run_paused") {
    return run;
  }
  const requirements = requirementsAt(run, log, pause.open);
  const isLast = entries === run.log.length;
  const messages = isLast ? run.messages : messagesAt(run, log);
  const usage = messages.reduce(
    (sum, message) => (message.role === "assistant" ? addUsage(sum, message.usage ?? NO_USAGE) : sum),
    NO_USAGE,
  );
  return {
    ...run,
    log,
    messages,
    requirements,
    usage,
    firstTextAt: run.firstTextAt !== null && run.firstTextAt <= pause.at ? run.firstTextAt : null,
    answer: null,
    end: { status: "PAUSED", at: run.head.startedAt + pause.at },
    stored: { ...run.stored, metrics: isLast ? run.stored.metrics : null },
  };
}

/** What had been asked by then: what was open then is so again. */
function requirementsAt({ requirements }: Run, log: Run["log"], open: readonly number[]): Requirement[] {
  const asked = new Set(log.flatMap((entry) => (entry.kind === "run_paused" ? entry.open : [])));
  return requirements.flatMap((one): Requirement[] => {
    if (!asked.has(one.position)) {
      return [];
    }
    return [open.includes(one.position) ? { ...one, ...NOT_ANSWERED } : one];
  });
}

/** The answers of the model that the log tells of, and the results of their calls but for those that waited. */
function messagesAt(run: Run, log: Run["log"]): Message[] {
  const rounds = log.filter(({ kind }) => kind === "model_requested" || kind === "said").length;
  const told = new Set(log.flatMap((entry) => (entry.kind === "tool_ended" ? [entry.call] : [])));
  const answers = toolAnswers(run);
  let round = 0;
  return run.messages.filter((message) => {
    round += message.role === "assistant" ? 1 : 0;
    if (message.role !== "tool" || round < rounds) {
      return round <= rounds;
    }
    const call = answers.indexOf(message);
    return round === rounds && (told.has(call) || requirementOfCall(run, call) === null);
  });
}
