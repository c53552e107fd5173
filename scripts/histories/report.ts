import type { Went } from "./campaign.ts";
import type { Act, Finding, SessionRecord } from "./record.ts";

/** One line that says how much was done and what came of it. */
export function summary(seed: number, { histories, epochs, acts, findings }: Went): string {
  const count = (outcome: Act["outcome"]) => acts.filter((act) => act.outcome === outcome).length;
  const broken = acts.filter(({ outcome, isServerUp }) => outcome === "unknown" && isServerUp).length;
  return (
    `Seed ${seed}: ${histories} histories in ${epochs} epochs, ${acts.length} operations: ${count("acknowledged")} ` +
    `acknowledged, ${count("refused")} refused, ${count("unknown")} unknown (${broken} of them while the server was up). ` +
    `${findings.length === 0 ? "No" : findings.length} finding${findings.length === 1 ? "" : "s"}.`
  );
}

/** The findings, and all that was seen of the sessions that they are about. */
export function findingsText({ findings, records }: Went): string {
  return [
    ...findings.map(findingText),
    ...records.map((record) => `\nSession ${record.sessionId} of ${record.userId}:\n${operationsText(record)}`),
  ].join("\n");
}

const findingText = ({ rule, sessionId, detail }: Finding) => `FOUND (${sessionId}): ${rule}.\n  ${detail}`;

/** A line for each thing that was seen of the session, in the order in which the things began. */
function operationsText({ acts, asked, readings }: SessionRecord): string {
  const lines: [number, string][] = [
    ...acts.map((act): [number, string] => [act.invokedAt, actText(act)]),
    ...asked.map((one): [number, string] => [
      one.startedAt,
      `model ${one.token}: ${one.prompt.length} messages, ${one.end} at ${one.endedAt}: ${one.text}`,
    ]),
    ...readings.map(({ startedAt, epoch, runs, snapshot }): [number, string] => [
      startedAt,
      `read behind epoch ${epoch}: ${snapshot.etag} ${JSON.stringify(snapshot.cells)}` +
        runs.map((run) => `\n           ${run.runId} ${run.status} "${run.input}" → "${run.content}"`).join(""),
    ]),
  ];
  return lines
    .toSorted(([one], [other]) => one - other)
    .map(([at, text]) => `  ${String(at).padStart(7)}  ${text}`)
    .join("\n");
}

function actText(act: Act): string {
  const { client, operation, outcome, status, acceptedAt, endedAt, runId, told, snapshot, ifMatch, detail } = act;
  const { action, token } = operation;
  const parts = [
    `client ${client}: ${token} ${JSON.stringify(action)}`,
    `→ ${outcome} ${status}${acceptedAt === null ? "" : ` at ${acceptedAt}`}, over at ${endedAt}`,
    runId === null ? "" : `run ${runId}`,
    told === null ? "" : `told ${told.status}${told.persisted ? "" : ", not persisted"}`,
    ifMatch === null ? "" : `If-Match ${ifMatch}`,
    snapshot === null ? "" : snapshot.etag,
    act.answers.length === 0 ? "" : JSON.stringify(act.answers),
    act.forkId === null ? "" : `fork ${act.forkId}`,
    outcome === "acknowledged" ? "" : detail,
  ];
  return parts.filter((part) => part !== "").join(" ");
}
