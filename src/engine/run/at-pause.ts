import type { Message } from "../../domain/message.ts";
import type { RunModel } from "../../domain/model.ts";
import { NOT_ANSWERED, type Requirement } from "../../domain/requirement.ts";
import { modelAt, usageByModel } from "./asked-model.ts";
import { requirementOfCall, toolAnswers } from "./calls.ts";
import type { Run } from "./state.ts";

/**
 * The run as it was when its log had this many entries, if the last of these is a pause; else the run as it is. The
 * session's state, the time spent in the model and the member runs show their current values, because their values at the
 * pause are not stored.
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
  const model = runModelAt(run, entries);
  const answers = messages.filter((message) => message.role === "assistant");
  return {
    ...run,
    log,
    messages,
    requirements,
    model,
    usage: usageByModel(answers, { log, model }),
    firstTokenAt: run.firstTokenAt !== null && run.firstTokenAt <= pause.at ? run.firstTokenAt : null,
    answer: null,
    end: { status: "PAUSED", at: run.head.startedAt + pause.at },
    stored: { ...run.stored, metrics: isLast ? run.stored.metrics : null },
  };
}

/** The log names the models that were asked before without their classes. */
function runModelAt(run: Run, entries: number): RunModel {
  const asked = modelAt(run, entries);
  const isLast = asked.id === run.model.id && asked.provider === run.model.provider;
  return isLast ? run.model : { ...asked, name: null };
}

/** The requirements that the run had by then. One that was open then is shown as open, whatever was answered since. */
function requirementsAt({ requirements }: Run, log: Run["log"], open: readonly number[]): Requirement[] {
  const asked = new Set(log.flatMap((entry) => (entry.kind === "run_paused" ? entry.open : [])));
  return requirements.flatMap((one): Requirement[] => {
    if (!asked.has(one.position)) {
      return [];
    }
    return [open.includes(one.position) ? { ...one, ...NOT_ANSWERED } : one];
  });
}

/** The model's answers that the log tells of, with the results of their calls; calls that waited then have none. */
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
