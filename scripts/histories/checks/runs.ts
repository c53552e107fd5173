import type { Act, ReadRun, SessionRecord } from "../record.ts";
import { instructionsText, messageText } from "../words.ts";
import { isAcknowledged, label, lastReading, makesRun, type Rule, tokenOfRun } from "./facts.ts";
import { mayBeGone } from "./presence.ts";

const SETTLED = new Set(["COMPLETED", "ERROR", "CANCELLED", "REGENERATED"]);

/** How the errors begin that a kill explains, or a fault that the model was planned to have. */
const EXPLAINED = [
  "The run was interrupted before it ended",
  "The model's provider answered 429: As planned.",
  "The model's provider answered 500: As planned.",
  "The model's provider could not be reached",
  "The model's provider did not answer within",
  "The connection to the model's provider broke off",
  "The model's answer ended early",
];

/** Rules about what becomes of the runs that were asked for. */
export const RUN_RULES: readonly Rule[] = [
  { rule: "no acknowledged run is lost", check: lost },
  { rule: "no run is doubled, nor there unasked", check: doubled },
  { rule: "what a run answered is what is stored", check: changedAnswer },
  { rule: "every run comes to an end", check: unended },
  { rule: "a settled run does not change", check: changedLater },
  { rule: "a run is cancelled only when somebody asks", check: cancelledUnasked },
  { rule: "a cancelled run does not go on", check: notCancelled },
  { rule: "a run fails only for a reason", check: failedForNothing },
  { rule: "behind a restart a session takes a run and completes it", check: unprobed },
  { rule: "a run made from another one begins with its messages", check: otherBeginning },
];

function lost(record: SessionRecord): string[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const ids = new Set(reading.runs.map(({ runId }) => runId));
  return record.acts
    .filter((act) => makesRun(act) && act.acceptedAt !== null && act.runId !== null && !ids.has(act.runId))
    .map((act) => `${label(act)} was acknowledged as run ${act.runId}, which is not there.`);
}

function doubled(record: SessionRecord): string[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const makers = Map.groupBy(record.acts.filter(makesRun), ({ operation }) => operation.token);
  const known = new Set(record.acts.flatMap((act) => (makesRun(act) ? (act.runId ?? []) : [])));
  const mayRegenerate = record.acts.some(
    ({ operation, outcome }) => operation.action.kind === "regenerate" && outcome === "unknown",
  );
  const seen = new Map<string, string>();
  const wrong = reading.runs.flatMap((run) => {
    const { runId } = run;
    const token = tokenOfRun(run);
    if (token === null) {
      return known.has(runId) || mayRegenerate ? [] : [`Run ${runId} is there, and nobody asked for it.`];
    }
    const other = seen.get(token);
    seen.set(token, runId);
    const twice = other === undefined ? [] : [`${token} is there twice, as runs ${other} and ${runId}.`];
    return [...unlikeAskedFor(runId, token, makers.get(token) ?? []), ...twice];
  });
  const ids = reading.runs.map(({ runId }) => runId);
  return new Set(ids).size < ids.length ? [...wrong, "A run is in the list twice."] : wrong;
}

/** Compares a run with the requests that asked for it. */
function unlikeAskedFor(runId: string, token: string, acts: readonly Act[]): string[] {
  const why = acts.length === 0 ? "never asked for" : "refused";
  const isWanted = acts.some(({ outcome }) => outcome !== "refused");
  const told = acts.find((act) => act.runId !== null && act.acceptedAt !== null && act.runId !== runId);
  return [
    ...(isWanted ? [] : [`Run ${runId} is there, and ${token} was ${why}.`]),
    ...(told === undefined ? [] : [`${label(told)} was acknowledged as run ${told.runId}, and is run ${runId}.`]),
  ];
}

/**
 * What the stored run's status may be, by the end that a client was told. A paused run goes on, so a pause is not listed.
 */
const LATER: Record<string, readonly string[]> = {
  COMPLETED: ["COMPLETED", "REGENERATED"],
  ERROR: ["ERROR", "REGENERATED"],
  CANCELLED: ["CANCELLED", "REGENERATED"],
};

function changedAnswer(record: SessionRecord): string[] {
  const runs = new Map(lastReading(record)?.runs.map((run) => [run.runId, run]));
  return record.acts.flatMap((act) => {
    const run = runs.get(act.runId ?? "");
    // An answer with `persisted: false` promises nothing. The stored run may differ from it.
    if (act.told === null || run === undefined || !act.told.persisted) return [];
    const { status, content } = act.told;
    const later = LATER[status];
    if (later === undefined) return [];
    if (!later.includes(run.status)) return [`${label(act)} was told ${status}; run ${run.runId} is ${run.status}.`];
    return status === "COMPLETED" && run.content !== content
      ? [`${label(act)} was told "${content}"; run ${run.runId} has "${run.content}".`]
      : [];
  });
}

function unended(record: SessionRecord): string[] {
  return (lastReading(record)?.runs ?? [])
    .filter(({ status }) => status === "PENDING" || status === "RUNNING")
    .map(({ runId, status }) => `Run ${runId} is ${status} long behind the last request.`);
}

function changedLater({ readings, acts }: SessionRecord): string[] {
  const [before, after] = readings.slice(-2);
  if (before === undefined || after === undefined) return [];
  const runs = new Map(after.runs.map((run) => [run.runId, run]));
  const mayBeReplaced = acts.some(
    ({ operation: { action }, outcome, endedAt }) =>
      action.kind === "regenerate" && action.replace && outcome !== "refused" && endedAt > before.startedAt,
  );
  return before.runs.flatMap((older) => {
    const newer = runs.get(older.runId);
    if (newer === undefined) return [`Run ${older.runId} was there, and is not any more.`];
    if (!SETTLED.has(older.status)) return [];
    if (newer.status !== older.status && !(newer.status === "REGENERATED" && mayBeReplaced)) {
      return [`Run ${older.runId} was ${older.status}, and is ${newer.status}.`];
    }
    return sameTexts(older, newer) ? [] : [`Run ${older.runId} says something else than before.`];
  });
}

/** A failed run shows its error until another run replaces it. Its text may change only then. */
function sameTexts(older: ReadRun, newer: ReadRun): boolean {
  const isReplaced = older.status === "ERROR" && newer.status === "REGENERATED";
  const texts = ({ input, content, messages }: ReadRun) => JSON.stringify([input, isReplaced ? "" : content, messages]);
  return texts(older) === texts(newer);
}

/** Whether the act may end runs of the session that it does not name. */
const endsOthers = ({ operation: { action }, outcome }: Act): boolean =>
  outcome !== "refused" && (action.kind === "delete" || (action.kind === "run" && action.onBusy === "interrupt"));

function cancelledUnasked({ acts, ...record }: SessionRecord): string[] {
  const runs = lastReading({ acts, ...record })?.runs ?? [];
  const isAsked = (runId: string) =>
    acts.some(
      (act) =>
        endsOthers(act) || (act.runId === runId && act.operation.action.kind === "cancel" && act.outcome !== "refused"),
    );
  return runs
    .filter(({ runId, status }) => status === "CANCELLED" && !isAsked(runId))
    .map(({ runId }) => `Run ${runId} is cancelled, and nobody asked for that.`);
}

function notCancelled(record: SessionRecord): string[] {
  const runs = lastReading(record)?.runs ?? [];
  return record.acts.filter(isAcknowledged).flatMap((act) => {
    if (act.operation.action.kind !== "cancel" || mayBeGone(record, act)) return [];
    const run = runs.find(({ runId }) => runId === act.runId);
    if (run === undefined) return [];
    const token = tokenOfRun(run);
    const asked = record.asked.filter((one) => one.token === token && one.startedAt > act.endedAt);
    // One request may have been on its way when the cancel came.
    const more = asked.length > 1 ? [`${label(act)} was acknowledged; run ${run.runId} asked the model again.`] : [];
    return run.status === "PAUSED"
      ? [...more, `${label(act)} was acknowledged; run ${run.runId} waits for people still.`]
      : more;
  });
}

function failedForNothing(record: SessionRecord): string[] {
  const runs = lastReading(record)?.runs ?? [];
  return runs
    .filter(
      ({ status, content }) => status === "ERROR" && !EXPLAINED.some((beginning) => content.startsWith(beginning)),
    )
    .map(({ runId, content }) => `Run ${runId} failed: ${content}`);
}

function otherBeginning(record: SessionRecord): string[] {
  const reading = lastReading(record);
  const runs = new Map(reading?.runs.map((run) => [run.runId, run]));
  return [...runs.values()].flatMap((run) => {
    const older = runs.get(run.from?.runId ?? "");
    const token = tokenOfRun(run);
    if (run.from === null || older === undefined || run.messages.length === 0 || token === null) return [];
    const expected = older.messages.slice(0, run.from.messages);
    const [first] = expected;
    if (run.from.how === "regenerated" && first?.role === "system") {
      expected[0] = { ...first, content: `${first.content}\n${instructionsText(token)}` };
    }
    if (run.from.how === "branched") {
      expected.push({ role: "user", content: messageText(token), calls: [], callId: null });
    }
    const begins = JSON.stringify(run.messages.slice(0, expected.length)) === JSON.stringify(expected);
    return begins ? [] : [`Run ${run.runId} does not begin as run ${older.runId} does.`];
  });
}

function unprobed({ acts }: SessionRecord): string[] {
  const probes = acts.filter(({ client }) => client === "probe");
  // The probe is sent again until the server says what became of it.
  return [...Map.groupBy(probes, ({ epoch }) => epoch).values()].flatMap((tries) => {
    const last = tries.at(-1);
    return last === undefined || last.told?.status === "COMPLETED"
      ? []
      : [`${label(last)} answered ${last.status} ${last.told?.status ?? last.detail}.`];
  });
}
