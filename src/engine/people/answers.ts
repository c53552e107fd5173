import type { AnswerRights } from "../../domain/approval.ts";
import {
  adminApprovalRequired,
  badRequest,
  type Failure,
  type FieldError,
  invalidRequest,
  payloadTooLarge,
  requirementAnswered,
} from "../../domain/error.ts";
import { MAX_ANSWERS_BYTES, MAX_ID_CHARS } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type AnswerEntry, callingRunId, callName, type Requirement } from "../../domain/requirement.ts";
import type { Tool } from "../../domain/tool.ts";
import { answerBytes, type GivenAnswer, givenAnswer, isSameAnswer, oversize, wrongValues } from "./given-answer.ts";

/** Who answers which run, and when. */
interface AnswerContext extends AnswerRights {
  runId: string;
  nowMs: number;
  /** All tool calls of the run and of its member runs. Clients also send back calls that wait for nobody. */
  knownCalls: KnownCalls;
}

/** Tool calls, by the ids that their models gave them, and by their names (`callName`) with the results that they have. */
export interface KnownCalls {
  ids: ReadonlySet<string>;
  results: ReadonlyMap<string, string | null>;
}

/** Where the entries that name what they answer in this way stand in a request. */
const FIELDS: Record<AnswerEntry["by"], string> = {
  requirement_id: "requirements",
  tool_call_id: "tools",
  call: "messages",
};

interface DecidedAnswers {
  /** The requirements that are answered now, as they are to be stored. */
  answered: Requirement[];
  /** The requirements that are still open. */
  open: Requirement[];
}

/** The answer that an entry, or several entries that agree, give to an open requirement. */
interface Fresh extends GivenAnswer {
  requirement: Requirement;
  entry: AnswerEntry;
}

/**
 * Reads a caller's answers to what a run waits for. Entries are matched by id. A requirement that no entry names stays
 * open, and so does one whose entry has no answer. If one entry is wrong, no answer counts; nor if one is kept for staff
 * and the caller is none. An open requirement may be answered until its expiry is written to D1, however late that is.
 */
export function decideAnswers(
  requirements: readonly Requirement[],
  entries: readonly AnswerEntry[],
  context: AnswerContext,
  toolOf: (requirement: Requirement) => Tool | undefined,
): Outcome<DecidedAnswers> {
  const unknown = unknownIds(requirements, entries, context.knownCalls);
  if (unknown.length > 0) return fail(namesNothing(context.runId, unknown));
  const given = entries.filter((entry) => !repeatsResult(entry, context.knownCalls));
  const read = readEntries(requirements, given);
  if (!read.ok) return read;
  const { fresh, closed } = read.value;
  const late = closed.filter(({ isSame }) => !isSame || fresh.length === 0);
  if (late.length > 0) return fail(requirementAnswered(context.runId, [...new Set(late.map(({ id }) => id))]));
  const open = requirements.filter(isOpen);
  if (
    !context.mayApprove &&
    (fresh.length === 0 ? open : answeredNow(fresh)).some((one) => isForStaff(one, toolOf(one)))
  ) {
    return fail(adminApprovalRequired());
  }
  if (fresh.length === 0) return fail(nothingAnswered(context.runId, open));
  const wrong = check(fresh, toolOf);
  if (wrong !== null) return fail(wrong);
  const all = [...requirements.map((one) => ({ answer: one.answer, note: one.answerNote })), ...fresh];
  if (all.reduce((sum, one) => sum + answerBytes(one), 0) > MAX_ANSWERS_BYTES) {
    return fail(payloadTooLarge(`What was answered to run ${context.runId}`, MAX_ANSWERS_BYTES));
  }
  return ok({
    answered: fresh.map((one) => answeredBy(one, context)),
    open: open.filter((requirement) => fresh.every((one) => one.requirement !== requirement)),
  });
}

/** What the entries say. */
interface Said {
  /** One for each open requirement that is answered. */
  fresh: Fresh[];
  /** Entries that answer what is not open any more, and whether they repeat the answer that is stored. */
  closed: { id: string; isSame: boolean }[];
}

function readEntries(requirements: readonly Requirement[], entries: readonly AnswerEntry[]): Outcome<Said> {
  const said: Said = { fresh: [], closed: [] };
  for (const entry of entries) {
    const named = requirements.filter((requirement) => isNamedBy(requirement, entry));
    const failure = named.some(isOpen) ? addFresh(said.fresh, { entry, named, entries }) : null;
    if (failure !== null) return fail(failure);
    const isSame = named.some(isOpen) ? null : repeatsStored(named, entry);
    if (isSame !== null) said.closed.push({ id: entry.id, isSame });
  }
  return ok(said);
}

/** Adds the entry's answer to the open requirement that it names, or tells why that requirement cannot be answered so. */
function addFresh(
  fresh: Fresh[],
  { entry, named, entries }: { entry: AnswerEntry; named: readonly Requirement[]; entries: readonly AnswerEntry[] },
): Failure | null {
  const open = named.filter(isOpen);
  const [given] = open.flatMap((requirement): Fresh[] => {
    const answer = givenAnswer(requirement, entry);
    return answer === null ? [] : [{ ...answer, requirement, entry }];
  });
  if (given === undefined) return null;
  if (open.length > 1 || isMixedUp(named, entry, entries)) return ambiguous(entry, open);
  const before = fresh.find(({ requirement }) => requirement === given.requirement);
  if (before === undefined) {
    fresh.push(given);
    return null;
  }
  if (!isSameAnswer(before, given) && !isSameAnswer(given, before)) return contradicted(given.requirement);
  before.note ??= given.note;
  return null;
}

const isOpen = ({ status }: Requirement): boolean => status === "open";

function isNamedBy(requirement: Requirement, { by, id }: AnswerEntry): boolean {
  switch (by) {
    case "requirement_id":
      return requirement.requirementId === id;
    case "tool_call_id":
      return requirement.toolCallId === id;
    case "call":
      return callName(callingRunId(requirement), requirement.call) === id;
  }
}

/** Whether the entry repeats a stored answer; null when it gives no answer at all. */
function repeatsStored(named: readonly Requirement[], entry: AnswerEntry): boolean | null {
  const given = named.flatMap((requirement) => {
    const answer = givenAnswer(requirement, entry);
    return answer === null ? [] : [isSameAnswer(answer, { answer: requirement.answer, note: requirement.answerNote })];
  });
  return given.length === 0 ? null : given.includes(true);
}

function unknownIds(
  requirements: readonly Requirement[],
  entries: readonly AnswerEntry[],
  known: KnownCalls,
): string[] {
  const unknown = entries.filter(
    (entry) => !isShownCall(entry, known) && !requirements.some((requirement) => isNamedBy(requirement, entry)),
  );
  return [...new Set(unknown.map(({ id }) => id))];
}

/** Whether the entry may be there only because clients send back what they were shown. A call's result does not say who gave it. */
function isShownCall({ by, id, confirmed }: AnswerEntry, { ids, results }: KnownCalls): boolean {
  return by === "tool_call_id" ? ids.has(id) : by === "call" && results.has(id) && confirmed === null;
}

/** Whether the entry sends back the result that its call has, also where nobody gave it, because the call had expired. */
function repeatsResult({ by, id, result }: AnswerEntry, { results }: KnownCalls): boolean {
  return by === "call" && result !== null && results.get(id) === result;
}

/**
 * Some models give calls of several rounds the same id. Unless every entry with that id is an answer, it is not clear which
 * call is meant: an old answer, or the result of a call that waited for nobody, would be taken for an answer to the new call.
 */
function isMixedUp(named: readonly Requirement[], entry: AnswerEntry, entries: readonly AnswerEntry[]): boolean {
  const calls = new Set(named.map((requirement) => `${callingRunId(requirement)} ${requirement.call}`));
  if (calls.size < 2 && named.every(({ kind }) => kind !== "external_execution")) return false;
  const others = entries.filter((other) => other.by === entry.by && other.id === entry.id);
  return others.some((other) => named.every((requirement) => givenAnswer(requirement, other) === null));
}

function check(fresh: readonly Fresh[], toolOf: (requirement: Requirement) => Tool | undefined): Failure | null {
  const large = fresh.map((one) => oversize(one.requirement, one)).find((failure) => failure !== null);
  if (large !== undefined) return large;
  const wrong = fresh.flatMap(({ requirement, answer, entry }): FieldError[] => {
    if (answer.type !== "filled") return [];
    const at = ["body", FIELDS[entry.by], entry.id];
    return wrongValues(requirement, answer.args, toolOf(requirement), at);
  });
  return wrong.length > 0 ? invalidRequest(wrong) : null;
}

function answeredBy({ requirement, answer, note }: Fresh, { answeredBy, actor, nowMs }: AnswerContext): Requirement {
  return { ...requirement, status: "answered", answer, answerNote: note, answeredBy, actor, answeredAt: nowMs };
}

const answeredNow = (fresh: readonly Fresh[]): Requirement[] => fresh.map(({ requirement }) => requirement);

/** By what its tool says, too: the tool may have been kept for staff since the run has paused. */
const isForStaff = ({ approvalType }: Requirement, tool: Tool | undefined): boolean =>
  approvalType === "required" || tool?.approvalType === "required";

const contradicted = ({ requirementId, toolName }: Requirement): Failure =>
  badRequest(`The request answers requirement ${requirementId} (${toolName}) in two different ways.`);

const ambiguous = ({ id }: AnswerEntry, open: readonly Requirement[]): Failure =>
  badRequest(`It is not clear which call with the id ${id} is meant. Answer by requirement id: ${idsOf(open)}`);

const idsOf = (requirements: readonly Requirement[]) =>
  requirements.map(({ requirementId }) => requirementId).join(", ");

/** How many ids a sentence names. */
const MAX_IDS_NAMED = 20;

function namesNothing(runId: string, ids: readonly string[]): Failure {
  const named = ids.slice(0, MAX_IDS_NAMED).map((id) => id.slice(0, MAX_ID_CHARS).toWellFormed());
  return badRequest(`Run ${runId} has no requirement or tool call with this id: ${named.join(", ")}`);
}

function nothingAnswered(runId: string, open: readonly Requirement[]): Failure {
  if (open.length === 0) return badRequest(`Run ${runId} waits for no answer.`);
  const names = open.slice(0, MAX_IDS_NAMED).map(({ toolName, kind, requirementId, toolCallId }) => {
    return `${toolName} (${kind.replace("_", " ")}, requirement ${requirementId}, tool call ${toolCallId})`;
  });
  const more = open.length > MAX_IDS_NAMED ? ` and ${open.length - MAX_IDS_NAMED} more` : "";
  return badRequest(`The request answers nothing that run ${runId} waits for: ${names.join("; ")}${more}`);
}
