import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Owner } from "../../../src/domain/owner.ts";
import { serverFor } from "../../../src/domain/principal.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { settleStatements } from "../../../src/store/runs/settle.ts";
import { acceptMemberStatements, acceptStatements } from "../../../src/store/runs/writes.ts";
import { runs } from "../../../src/store/schema/tables.ts";
import { findHistory } from "../../../src/store/messages/history.ts";
import { listCounted } from "../../../src/store/sessions/list.ts";
import { ReadTemplate, Template } from "../../../src/store/template.ts";
import { acceptance, memberAccept, settlement } from "../../support/written-runs.ts";

/** Nothing is sent, so no D1 is asked. */
const db = openDatabase({ prepare: (query: string) => ({ query }) } as unknown as D1Database);

interface Told {
  toSQL(): { sql: string; params: unknown[] };
}
const told = (statement: unknown) => (statement as Told).toSQL();

afterEach(() => {
  vi.restoreAllMocks();
});

describe("A text that is made once", () => {
  /** Has each statement that is bound compared with the one that the builder makes of the values themselves. */
  function compareAll(): { compared: () => number } {
    const { bind } = Template.prototype;
    let compared = 0;
    vi.spyOn(Template.prototype, "bind").mockImplementation(function bound(this: Template<object>, on, given) {
      const sent = bind.call(this, on, given);
      // biome-ignore lint/suspicious/noExplicitAny: whatever the template takes
      expect(told(sent)).toEqual(this.build(on, given as any).toSQL());
      compared += 1;
      return sent;
    });
    return { compared: () => compared };
  }

  it.each([
    ["the accept of a run", acceptance, acceptStatements],
    ["the accept of a member run", memberAccept, acceptMemberStatements],
    ["a settle", settlement, settleStatements],
  ] as const)("is what the builder makes anew, and binds the same: %s", (_, given, statements) => {
    const { compared } = compareAll();
    fc.assert(
      fc.property(given as fc.Arbitrary<never>, (one) => void statements(db, one)),
      { numRuns: 100 },
    );
    expect(compared()).toBeGreaterThanOrEqual(100);
  });

  const build = vi.fn((on: typeof db, { names, id }: { names: unknown[]; id: unknown }) =>
    on
      .update(runs)
      .set({ waiting: true, agentId: sql`${names[0]}` })
      .where(eq(runs.runId, id as string)),
  );

  it("is made once for rows that differ in their values, and once more where another one is null", () => {
    build.mockClear();
    const template = new Template<{ names: (string | null)[]; id: string }>(build as never);
    const bound = (name: string | null, id: string) => told(template.bind(db, { names: [name], id }));
    expect(bound("a", "1").params).toEqual([1, "a", "1"]);
    expect(bound("b", "2").params).toContain("b");
    expect(build).toHaveBeenCalledTimes(1);
    expect(bound(null, "2").params).toContain(null);
    expect(build).toHaveBeenCalledTimes(2);
  });

  it("is forgotten when there are too many others, so that memory is bounded", () => {
    build.mockClear();
    const template = new Template<{ names: (string | null)[]; id: string }>(build as never);
    const bind = (length: number) => template.bind(db, { names: Array.from({ length }, () => "a"), id: "1" });
    for (let length = 1; length <= 40; length++) bind(length);
    bind(40);
    expect(build).toHaveBeenCalledTimes(40);
    bind(1);
    expect(build).toHaveBeenCalledTimes(41);
  });
});

describe("The text of a query that is made once", () => {
  const empty = openDatabase({
    prepare: (query: string) => ({ bind: () => ({ query, all: async () => ({ results: [] }) }) }),
    batch: async (statements: unknown[]) => statements.map(() => ({ results: [] })),
  } as unknown as D1Database);

  /** Has each query that is bound compared with the one that the builder makes of the values themselves. */
  function compareAll(): { compared: () => number } {
    const { bind } = ReadTemplate.prototype;
    let compared = 0;
    // biome-ignore lint/suspicious/noExplicitAny: whatever the template takes
    vi.spyOn(ReadTemplate.prototype, "bind").mockImplementation(function bound(this: any, on, given, form) {
      const sent = bind.call(this, on, given, form);
      expect(told(sent)).toEqual(this.build(on, given, form).toSQL());
      compared += 1;
      return sent;
    });
    return { compared: () => compared };
  }

  const maybe = <One>(one: fc.Arbitrary<One>) => fc.option(one, { nil: undefined });
  const instant = maybe(fc.nat());
  const user = fc.option(fc.string({ minLength: 1 }) as fc.Arbitrary<Owner>);
  const lists = fc.record({
    userId: user,
    filter: fc.record({
      sessionType: maybe(fc.constantFrom("agent" as const, "team" as const)),
      componentId: maybe(fc.string({ minLength: 1 })),
      archived: maybe(fc.constantFrom(true, false, "all" as const)),
      pinned: maybe(fc.boolean()),
      unnamed: maybe(fc.boolean()),
      createdAfter: instant,
      createdBefore: instant,
      updatedAfter: instant,
      updatedBefore: instant,
    }),
    by: fc.constantFrom("created_at" as const, "updated_at" as const),
    order: fc.constantFrom("asc" as const, "desc" as const),
    limit: fc.integer({ min: 1, max: 100 }),
    from: fc.oneof(fc.record({ offset: fc.nat() }), fc.record({ instant: fc.nat(), sessionId: fc.string() })),
  });

  it("is what the builder makes anew, and binds the same: a page of a list with its count", async () => {
    const { compared } = compareAll();
    await fc.assert(
      fc.asyncProperty(lists, async ({ userId, filter, by, order, limit, from }) => {
        await listCounted(empty, { principal: { userId }, filter, sort: { by, order } }, { limit, from });
      }),
      { numRuns: 100 },
    );
    expect(compared()).toBeGreaterThanOrEqual(100);
  });

  it("is what the builder makes anew, and binds the same: a page of messages", async () => {
    const { compared } = compareAll();
    const pages = fc.record({
      sessionId: fc.string({ minLength: 1 }),
      userId: user,
      limit: fc.integer({ min: 1, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(pages, async ({ sessionId, userId, limit }) => {
        const asked = { sessionId, principal: serverFor(userId), sessionType: undefined };
        await findHistory(empty, asked, { limit, skipRoles: ["tool"] });
      }),
      { numRuns: 50 },
    );
    expect(compared()).toBeGreaterThanOrEqual(100);
  });
});
