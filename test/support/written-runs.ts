import { type Column, getTableColumns } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import fc from "fast-check";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Message } from "../../src/domain/message.ts";
import type { RunRow } from "../../src/domain/run.ts";
import type { Quota } from "../../src/domain/usage.ts";
import type { KnownTexts } from "../../src/store/messages/system-texts.ts";
import type { Settlement } from "../../src/store/runs/settle.ts";
import type { Acceptance } from "../../src/store/runs/writes.ts";
import { runs, sessions } from "../../src/store/schema/tables.ts";

// What the batches of runs may be handed: any row that its table's columns allow.

const text = fc.string({ maxLength: 8 });
const instant = fc.nat();
/** Drizzle asks every value for its class, which a record without a prototype has not. */
const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });
const object = plain({ a: fc.jsonValue({ maxDepth: 1 }), b: text }) as fc.Arbitrary<JsonObject>;
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });

const OF_TYPE: Record<string, fc.Arbitrary<unknown>> = {
  string: text,
  number: instant,
  boolean: fc.boolean(),
  json: object,
};

function columnValue({ dataType, notNull }: Column): fc.Arbitrary<unknown> {
  const one = OF_TYPE[dataType] ?? text;
  return notNull ? one : orNull(one);
}

/** A row of all columns of a table. */
export function rowOf<Table extends SQLiteTable>(table: Table): fc.Arbitrary<Required<Table["$inferInsert"]>> {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => [name, columnValue(column)]);
  return fc.record(Object.fromEntries(columns)) as fc.Arbitrary<Required<Table["$inferInsert"]>>;
}

/** Some columns of a table. */
function columnsOf<Table extends SQLiteTable>(table: Table): fc.Arbitrary<Partial<Table["$inferInsert"]>> {
  return fc.tuple(rowOf(table), fc.func(fc.boolean())).map(([row, isKept]) => {
    const kept = Object.entries(row).filter(([name]) => isKept(name));
    return Object.fromEntries(kept) as Partial<Table["$inferInsert"]>;
  });
}

const said = { messageId: text, content: text, createdAt: instant };
const usage = plain({
  inputTokens: instant,
  outputTokens: instant,
  totalTokens: instant,
  reasoningTokens: instant,
  cacheReadTokens: instant,
});

export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ ...said, role: fc.constantFrom("system" as const, "user" as const) }),
  fc.record({
    ...said,
    role: fc.constant("assistant" as const),
    toolCalls: fc.array(fc.record({ id: text, name: text, arguments: text }), { maxLength: 1 }),
    reasoningContent: orNull(text),
    providerData: orNull(fc.record({ source: text, data: orNull(text) })),
    usage: orNull(usage),
    timeToFirstTokenMs: orNull(instant),
  }),
  fc.record({
    ...said,
    role: fc.constant("tool" as const),
    toolCallId: text,
    toolName: text,
    toolArgs: orNull(object),
    toolCallError: fc.boolean(),
  }),
) as fc.Arbitrary<Message>;

const messages = (maxLength: number) => fc.array(message, { maxLength });

const limit = fc.constantFrom(0, 5);
const quota: fc.Arbitrary<Quota> = fc.record({
  userId: text,
  limits: fc.record({ runsPerDay: limit, tokensPerDay: limit, concurrentRuns: limit, maxSessions: limit }),
}) as fc.Arbitrary<Quota>;

/** What is known is not sent: with nothing known every text is. */
const known = fc.constant<KnownTexts>(new Map());

export const runRow = rowOf(runs) as unknown as fc.Arbitrary<RunRow>;

/** The accept of a run in a session that there is. */
export const acceptance: fc.Arbitrary<Acceptance> = fc.record({
  run: runRow,
  sessionFence: text,
  newSession: fc.constant(null),
  start: orNull(
    fc.record({
      input: messages(14),
      changes: columnsOf(sessions).map((changes) => ({ ...changes, nextRunIndex: 1, chatMessages: 1 })),
      known,
    }),
  ),
  quota: orNull(quota),
  nowMs: instant,
});

export const memberAccept = fc.record({
  run: runRow,
  team: fc.record({ runId: text, fence: text }),
  input: messages(3),
  known,
});

const ofRun = [
  "status",
  "waiting",
  "metrics",
  "historyDropped",
  "finishReason",
  "error",
  "events",
  "settledAt",
] as const;
const perhaps = ["model", "modelProvider", "modelName", "sessionState"] as const;

function pick<Row extends object>(row: Row, names: readonly (keyof Row)[]): Partial<Row> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Partial<Row>;
}

/** The settle of a run that waits for nobody and replaces none. */
export const settlement: fc.Arbitrary<Settlement> = fc.record({
  run: runRow,
  produced: messages(4),
  firstMessage: instant,
  isSearched: fc.boolean(),
  columns: fc
    .tuple(runRow, fc.boolean())
    .map(([row, isChanged]) => ({ ...pick(row, ofRun), ...(isChanged && pick(row, perhaps)) })),
  requirements: fc.constant([]),
  closes: fc.constant(false),
  replaces: fc.constant(null),
  usage: orNull(fc.record({ key: fc.record({ userId: text, startedAt: instant, runId: text }), tokens: instant })),
  session: fc.record({
    metrics: orNull(object),
    completedRuns: fc.nat(1),
    rereadsFrom: orNull(instant),
    chatMessages: fc.nat(2),
    lastMessage: orNull(object),
    updatedAt: instant,
    changed: orNull(fc.record({ state: orNull(object), version: instant })),
  }),
}) as unknown as fc.Arbitrary<Settlement>;
