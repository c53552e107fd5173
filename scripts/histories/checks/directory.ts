import type { ListedCounts, Place, Reading, SessionReading, SessionRecord } from "../record.ts";
import { COMMON_WORD, messageText } from "../words.ts";
import { isAcknowledged, isCompleted, label, lastReading, type Rule } from "./facts.ts";

/** Rules about the counts and items of lists, and about what the search finds. */
export const DIRECTORY_RULES: readonly Rule[] = [
  { rule: "lists count what is there", check: wrongCounts },
  { rule: "lists show what the session says", check: otherItem },
  { rule: "the search finds exactly what is there", check: wrongFinds },
  { rule: "a user's list has the user's sessions", check: wrongList },
  { rule: "what was answered is found, and listed, at once", check: lateFinds },
];

const all = (reading: Reading | null): SessionReading[] => (reading === null ? [] : [reading, ...reading.forks]);

function countsIn({ runs, requirements }: SessionReading): ListedCounts {
  return {
    runs: runs.filter(isCompleted).length,
    messages: runs.flatMap(({ messages }) => messages).filter(({ role }) => role === "user" || role === "assistant")
      .length,
    openRequirements: requirements.filter(({ status }) => status === "open").length,
  };
}

function wrongCounts(record: SessionRecord): string[] {
  return all(lastReading(record)).flatMap((session) => {
    const there = JSON.stringify(countsIn(session));
    return [session.listed, session.detailed]
      .map((counts) => JSON.stringify(counts))
      .filter((counts) => counts !== there)
      .map((counts) => `Session ${session.sessionId} says ${counts}; there are ${there}.`);
  });
}

function otherItem(record: SessionRecord): string[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const wrong = all(reading)
    .filter(({ snapshot, listedSnapshot }) => text(snapshot.cells) !== text(listedSnapshot))
    .map(({ sessionId, snapshot, listedSnapshot }) => {
      return `Session ${sessionId} is listed as ${text(listedSnapshot)}, and is ${text(snapshot.cells)}.`;
    });
  for (const [tag, isListed] of Object.entries(reading.byTag)) {
    const hasTag = reading.snapshot.cells[`tag.${tag}`] === "true";
    if (hasTag !== isListed) wrong.push(`The tag ${tag} is ${hasTag ? "" : "not "}there, and the list says otherwise.`);
  }
  return wrong;
}

const text = (cells: object) => JSON.stringify(Object.entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function wrongFinds(record: SessionRecord): string[] {
  return all(lastReading(record)).flatMap((session) => [
    ...compared(session, COMMON_WORD, session.found),
    ...Object.entries(session.foundTokens).flatMap(([token, places]) => compared(session, token, places)),
  ]);
}

/** Compares the messages of people and agents that have the word with those that the search found. */
function compared({ sessionId, runs }: SessionReading, word: string, found: readonly Place[]): string[] {
  const there = runs.flatMap(({ runId, messages }) =>
    messages.flatMap(({ role, content }, at) =>
      (role === "user" || role === "assistant") && content.split(/[^a-z0-9]+/).includes(word) ? [`${runId} ${at}`] : [],
    ),
  );
  const missing = there.filter((place) => !found.includes(place));
  const besides = found.filter((place) => !there.includes(place));
  return [
    ...missing.map((place) => `A search for "${word}" in session ${sessionId} does not find message ${place}.`),
    ...besides.map((place) => `A search for "${word}" in session ${sessionId} finds ${place}, which is not there.`),
    ...(new Set(found).size < found.length ? [`A search for "${word}" in ${sessionId} finds something twice.`] : []),
  ];
}

function wrongList(record: SessionRecord): string[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const { userSessions, userCount } = reading;
  const forks = record.acts.filter(({ operation }) => operation.action.kind === "fork");
  const known = [record.sessionId, ...forks.flatMap(({ forkId }) => forkId ?? [])];
  const unknownForks = forks.filter(({ outcome, forkId }) => outcome !== "refused" && forkId === null).length;
  const besides = userSessions.filter((id) => !known.includes(id));
  return [
    ...known.filter((id) => !userSessions.includes(id)).map((id) => `The list does not show session ${id}.`),
    ...(besides.length > unknownForks ? [`The list shows ${besides.join(", ")}, which nobody made.`] : []),
    ...(userCount === userSessions.length ? [] : [`The list counts ${userCount} and shows ${userSessions.length}.`]),
  ];
}

/**
 * Checks the searches and lists that clients made amid other operations. They must find each run that a client was told
 * before to have completed, unless the session may have been deleted.
 */
function lateFinds(record: SessionRecord): string[] {
  const mayBeGone = record.acts.some(({ operation }) => operation.action.kind === "delete");
  if (mayBeGone) return [];
  return record.acts.filter(isAcknowledged).flatMap((act) => {
    const { kind } = act.operation.action;
    if (act.found === null) return [];
    if (kind === "list") {
      return act.found.includes(record.sessionId) ? [] : [`${label(act)} does not show the session.`];
    }
    const told = record.acts.filter(
      ({ told, endedAt, runId }) => told?.status === "COMPLETED" && told.persisted && endedAt < act.invokedAt && runId,
    );
    return told
      .filter(({ runId }) => !act.found?.includes(runId ?? ""))
      .map((run) => `${label(act)} does not find "${messageText(run.operation.token)}".`);
  });
}
