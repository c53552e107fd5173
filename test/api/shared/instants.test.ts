import { describe, expect, it } from "vitest";
import { changeMany } from "../../support/bulk.ts";
import { type Answer, call, newId } from "../../support/http.ts";
import { nameMany } from "../../support/naming-jobs.ts";

const PLACES: [string, (string | number)[], (instant: string) => Promise<Answer>][] = [
  [
    "the filter of a naming job",
    ["body", "filter", "updated_after"],
    (updated_after) => nameMany({ filter: { updated_after }, user_id: newId() }),
  ],
  [
    "the filter of a change in bulk",
    ["body", "filter", "created_before"],
    (created_before) => changeMany({ action: "pin", filter: { created_before }, user_id: newId() }),
  ],
  [
    "the query of the list",
    ["query", "updated_before"],
    (instant) => call("GET", `/sessions?user_id=${newId()}&updated_before=${encodeURIComponent(instant)}`),
  ],
];

describe.each(PLACES)("an instant in %s", (_where, loc, ask) => {
  it.each(["yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z"])(
    "is refused in a sentence that says how it is written, where it is %s",
    async (input) => {
      const { status, body } = await ask(input);
      const msg = "Input should be an ISO 8601 time such as 2026-01-31T12:00:00Z, or whole epoch seconds";
      expect([status, body.detail]).toEqual([422, [{ type: "datetime_parsing", loc, msg, input }]]);
    },
  );

  it.each(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+02:00", "2024-02-29T12:00Z", "1769860800"])(
    "may be %s",
    async (instant) => {
      expect((await ask(instant)).status).toBeLessThan(300);
    },
  );
});
