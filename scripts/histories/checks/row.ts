import { applied, touches, valueBehind } from "../cells.ts";
import type { Act, Cells, SessionRecord, Snapshot, Write } from "../record.ts";
import { happensUntil, isAcknowledged, label, makesRun, type Rule } from "./facts.ts";

/** Rules about what callers change of a session: versions, ETags, and whose change is the last. */
export const ROW_RULES: readonly Rule[] = [
  { rule: "each acknowledged change has a version of its own, in the order of time", check: disorderedVersions },
  { rule: "an ETag stands for one set of values", check: ambiguousEtags },
  { rule: "what was written last is what is there", check: lostWrites },
  { rule: "a reader sees what was acknowledged before", check: staleReads },
  { rule: "If-Match lets through exactly the change of what it names", check: wrongConditions },
];

/** A change whose answer told the version that it made. */
interface Versioned {
  act: Act;
  write: Write;
  version: number;
}

function versioned(record: SessionRecord): Versioned[] {
  return record.acts
    .flatMap((act) => {
      const { write, snapshot } = act;
      return isAcknowledged(act) && !makesRun(act) && write !== null && snapshot !== null
        ? [{ act, write, version: snapshot.version }]
        : [];
    })
    .toSorted((one, other) => one.version - other.version);
}

/** A change that may have happened at any time between these ticks. No answer told its version. */
interface Loose {
  write: Write;
  from: number;
  until: number;
}

function looseWrites(record: SessionRecord): Loose[] {
  return record.acts
    .filter(({ write, outcome, snapshot }) => write !== null && outcome !== "refused" && snapshot === null)
    .map((act) => {
      // A run's own state is merged into the session's before the run asks the model.
      const asked = makesRun(act) ? record.asked.find(({ token }) => token === act.operation.token) : undefined;
      const until = Math.min(happensUntil(act, record), asked?.startedAt ?? Number.POSITIVE_INFINITY);
      return { write: act.write as Write, from: act.invokedAt, until };
    });
}

/** The session's fields as an answer or a reading showed them. They were so at some time between the two ticks. */
interface Seen {
  snapshot: Snapshot;
  from: number;
  until: number;
  by: string;
}

/** Sorted by version. Those of one version are in the order of time. */
function seenSnapshots(record: SessionRecord): Seen[] {
  const answers = record.acts.flatMap((act) =>
    act.snapshot === null ? [] : [{ snapshot: act.snapshot, from: act.invokedAt, until: act.endedAt, by: label(act) }],
  );
  const readings = record.readings.map(({ snapshot, startedAt, endedAt, epoch }) => ({
    snapshot,
    from: startedAt,
    until: endedAt,
    by: `the reading of epoch ${epoch}`,
  }));
  return [...answers, ...readings].toSorted(
    (one, other) => one.snapshot.version - other.snapshot.version || one.from - other.from,
  );
}

function disorderedVersions(record: SessionRecord): string[] {
  const changes = versioned(record);
  return changes.flatMap((later, at) => {
    const before = changes[at - 1];
    const wrong: string[] = [];
    if (before?.version === later.version) {
      wrong.push(`${label(before.act)} and ${label(later.act)} were both told version ${later.version}.`);
    }
    for (const other of changes) {
      if (other.act.endedAt < later.act.invokedAt && other.version > later.version) {
        wrong.push(`${label(later.act)} made version ${later.version} behind version ${other.version}.`);
      }
    }
    return wrong;
  });
}

function ambiguousEtags(record: SessionRecord): string[] {
  const seen = new Map<string, Seen>();
  return seenSnapshots(record).flatMap((one) => {
    const before = seen.get(one.snapshot.etag);
    seen.set(one.snapshot.etag, one);
    return before === undefined || sameCells(before.snapshot.cells, one.snapshot.cells)
      ? []
      : [
          `${one.snapshot.etag} is ${cellsText(before.snapshot.cells)} for ${before.by}, and ` +
            `${cellsText(one.snapshot.cells)} for ${one.by}.`,
        ];
  });
}

function lostWrites(record: SessionRecord): string[] {
  const changes = versioned(record);
  const loose = looseWrites(record);
  const seen = seenSnapshots(record);
  return seen.flatMap((later, at) => {
    const earlier = seen[at - 1];
    if (earlier === undefined || earlier.snapshot.version === later.snapshot.version) return [];
    const between = changes.filter(
      ({ version }) => version > earlier.snapshot.version && version <= later.snapshot.version,
    );
    const known = between.reduce((cells, { write }) => applied(cells, write), earlier.snapshot.cells);
    const room = later.snapshot.version - earlier.snapshot.version - between.length;
    // If a change was over before the earlier snapshot was requested, that snapshot already has it.
    const possible = room === 0 ? [] : loose.filter(({ from, until }) => from < later.until && until > earlier.from);
    const cells = new Set([...Object.keys(known), ...Object.keys(later.snapshot.cells)]);
    return [...cells].flatMap((cell) => {
      const value = later.snapshot.cells[cell] ?? null;
      const allowed = [
        known[cell] ?? null,
        ...possible.flatMap(({ write }) => (touches(write, cell) ? [valueBehind(write, cell)] : [])),
      ];
      if (allowed.includes(value)) return [];
      const versions = `${earlier.snapshot.version} (${earlier.by}) to ${later.snapshot.version} (${later.by})`;
      const writers = between.filter(({ write }) => touches(write, cell)).map(({ act }) => label(act));
      return [
        `${cell} is ${value}, and was to be ${allowed.join(" or ")}: from version ${versions}, ` +
          `written by ${writers.join(", ") || "nobody"}.`,
      ];
    });
  });
}

function staleReads(record: SessionRecord): string[] {
  const seen = seenSnapshots(record);
  return seen.flatMap((later) => {
    const newer = seen.find(({ until, snapshot }) => until < later.from && snapshot.version > later.snapshot.version);
    return newer === undefined
      ? []
      : [`${later.by} saw version ${later.snapshot.version} behind ${newer.snapshot.version} of ${newer.by}.`];
  });
}

function wrongConditions(record: SessionRecord): string[] {
  const changes = versioned(record);
  const loose = looseWrites(record);
  return record.acts.flatMap((act) => {
    const version = Number(/-(\d+)"$/.exec(act.ifMatch ?? "")?.[1] ?? Number.NaN);
    if (Number.isNaN(version)) return [];
    if (isAcknowledged(act) && act.snapshot !== null && act.snapshot.version !== version + 1) {
      return [`${label(act)} named version ${version}, and made ${act.snapshot.version}.`];
    }
    if (act.status !== 412) return [];
    const mayHaveMoved =
      changes.some((other) => other.version > version && other.act.invokedAt < act.endedAt) ||
      loose.some(({ from }) => from < act.endedAt) ||
      seenSnapshots(record).some(({ snapshot, from }) => snapshot.version > version && from < act.endedAt);
    return mayHaveMoved ? [] : [`${label(act)} named version ${version}, the last one, and was refused.`];
  });
}

const sameCells = (one: Cells, other: Cells) => cellsText(one) === cellsText(other);

const cellsText = (cells: Cells) => JSON.stringify(Object.entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1)));
