import { TOOL_NAMES, type ToolName } from "../operations.ts";
import type { Act, GivenAnswer, PromptMessage, ReadRequirement, ReadRun, SessionRecord } from "../record.ts";
import { toolResult, WAITS_FOR } from "../tools.ts";
import { isCompleted, label, lastReading, type Rule } from "./facts.ts";

/** Rules about tool calls, and about what people are asked of them. */
export const TOOL_RULES: readonly Rule[] = [
  { rule: "a tool runs once, unless somebody says that it may run again", check: ranTwice },
  { rule: "a tool that waits for a person runs only when one approves", check: ranUnapproved },
  { rule: "each call of a completed run has the result that it is to have", check: wrongResults },
  { rule: "a requirement is answered once, as it was acknowledged", check: otherAnswers },
];

interface Call {
  run: ReadRun;
  id: string;
  name: ToolName;
  /** How often the tool started to run for this call. */
  starts: number;
  results: PromptMessage[];
  requirements: ReadRequirement[];
  /** The answers that clients gave to these requirements, without those that the server refused. */
  answers: GivenAnswer[];
}

function callsOf(record: SessionRecord): Call[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const given = record.acts.filter(({ outcome }) => outcome !== "refused").flatMap(({ answers }) => answers);
  // A regenerated or branched run begins with calls of the older run. Those are checked there.
  const owned = reading.runs.filter(({ from }) => from === null || from.how === "copied");
  return owned.flatMap((run) =>
    run.messages.flatMap(({ calls }) =>
      calls.map(({ id, name }) => {
        const requirements = reading.requirements.filter((one) => one.runId === run.runId && one.callId === id);
        const asked = new Set(requirements.map((one) => one.id));
        return {
          run,
          id,
          name: TOOL_NAMES.find((one) => one === name) ?? "add",
          starts: run.events.filter((event) => event === `ToolCallStarted ${id}`).length,
          results: run.messages.filter(({ callId }) => callId === id),
          requirements,
          answers: given.filter(({ requirementId }) => asked.has(requirementId)),
        };
      }),
    ),
  );
}

/** How often a person who was asked because the call may have run said that it may run again. */
const mayRunAgain = ({ requirements }: Call) =>
  requirements.filter(({ note, answer }) => note === "outcome unknown" && answer === "confirmed").length;

function ranTwice(record: SessionRecord): string[] {
  return callsOf(record)
    .filter((call) => call.starts > 1 + mayRunAgain(call) || call.results.length > 1)
    .map(({ run, name, id, starts, results }) => {
      return `${name} ${id} of run ${run.runId} began ${starts} times, and has ${results.length} results.`;
    });
}

function ranUnapproved(record: SessionRecord): string[] {
  return callsOf(record)
    .filter(({ name, starts, requirements }) => {
      const approved = requirements.some(({ answer }) => answer === "confirmed" || answer === "filled");
      return starts > 0 && WAITS_FOR[name] !== null && !approved;
    })
    .map(({ run, name, id }) => `${name} ${id} of run ${run.runId} ran, and nobody approved it.`);
}

function wrongResults(record: SessionRecord): string[] {
  return callsOf(record)
    .filter(({ run }) => isCompleted(run))
    .flatMap((call) => {
      const [result] = call.results;
      const what = `${call.name} ${call.id} of run ${call.run.runId}`;
      if (result === undefined) return [`${what} has no result.`];
      if (call.answers.some(({ verdict }) => verdict === "rejected")) return [];
      const answers = call.answers.length > 0 ? call.answers : [null];
      const expected = answers.map((answer) => toolResult(call.name, call.id, answer));
      return expected.includes(result.content) ? [] : [`${what} has the result "${result.content}".`];
    });
}

function otherAnswers(record: SessionRecord): string[] {
  const requirements = new Map(lastReading(record)?.requirements.map((one) => [one.id, one]));
  const taken = new Map<string, Act>();
  const wrong: string[] = [];
  for (const act of record.acts) {
    if (act.acceptedAt === null) continue;
    for (const { requirementId, verdict } of act.answers) {
      const requirement = requirements.get(requirementId);
      if (requirement === undefined || requirement.status !== "answered" || requirement.answer !== verdict) {
        const now = `${requirement?.status ?? "not there"}, ${requirement?.answer ?? "without an answer"}`;
        wrong.push(`${label(act)} was acknowledged: ${requirementId} is ${verdict}. It is ${now}.`);
      }
      const before = taken.get(requirementId);
      if (before !== undefined) wrong.push(`${requirementId} was answered by ${label(before)} and by ${label(act)}.`);
      taken.set(requirementId, act);
    }
  }
  return wrong;
}
