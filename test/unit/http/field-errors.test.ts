import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fieldErrors, fieldIssue } from "../../../src/http/field-errors.ts";

const Everything = z.strictObject({
  name: z.string().min(1).max(5).optional(),
  code: z.string().regex(/^a+$/).optional(),
  count: z.int().min(0).max(9).optional(),
  share: z.number().gt(0).lt(1).optional(),
  flag: z.boolean().optional(),
  tags: z.array(z.string()).min(1).max(2).optional(),
  state: z.record(z.string(), z.unknown()).optional(),
  inner: z.strictObject({ a: z.string() }).optional(),
  only: z.literal("x").optional(),
  either: z.union([z.string(), z.number()]).optional(),
  even: z
    .number()
    .superRefine((value, ctx) => {
      if (value % 2 !== 0)
        ctx.addIssue(fieldIssue("multiple_of", "Input should be a multiple of 2", { multiple_of: 2 }));
    })
    .optional(),
  odd: z
    .number()
    .refine((value) => value % 2 === 1, "must be odd")
    .optional(),
});

function errorsOf(data: unknown) {
  const parsed = Everything.safeParse(data);
  return parsed.success ? [] : fieldErrors(parsed.error, "body", data);
}

describe("a wrong field is described as pydantic does", () => {
  it.each([
    [{ name: 5 }, "string_type", "Input should be a valid string", undefined],
    [{ name: "" }, "string_too_short", "String should have at least 1 character", { min_length: 1 }],
    [{ name: "abcdef" }, "string_too_long", "String should have at most 5 characters", { max_length: 5 }],
    [{ code: "b" }, "string_pattern_mismatch", "String should match pattern '/^a+$/'", { pattern: "/^a+$/" }],
    [{ count: "5" }, "float_type", "Input should be a valid number", undefined],
    [
      { count: 1.5 },
      "int_from_float",
      "Input should be a valid integer, got a number with a fractional part",
      undefined,
    ],
    [{ count: -1 }, "greater_than_equal", "Input should be greater than or equal to 0", { ge: 0 }],
    [{ count: 10 }, "less_than_equal", "Input should be less than or equal to 9", { le: 9 }],
    [{ share: 0 }, "greater_than", "Input should be greater than 0", { gt: 0 }],
    [{ share: 1 }, "less_than", "Input should be less than 1", { lt: 1 }],
    [{ flag: "yes" }, "bool_type", "Input should be a valid boolean", undefined],
    [{ tags: "a" }, "list_type", "Input should be a valid list", undefined],
    [
      { tags: [] },
      "too_short",
      "List should have at least 1 item after validation, not 0",
      { field_type: "List", min_length: 1, actual_length: 0 },
    ],
    [
      { tags: ["a", "b", "c"] },
      "too_long",
      "List should have at most 2 items after validation, not 3",
      { field_type: "List", max_length: 2, actual_length: 3 },
    ],
    [{ state: [] }, "dict_type", "Input should be a valid dictionary", undefined],
    [
      { inner: "a" },
      "model_attributes_type",
      "Input should be a valid dictionary or object to extract fields from",
      undefined,
    ],
    [{ only: "y" }, "literal_error", "Input should be 'x'", { expected: "'x'" }],
    [{ either: true }, "value_error", "Value error, Invalid input", undefined],
    [{ even: 3 }, "multiple_of", "Input should be a multiple of 2", { multiple_of: 2 }],
    [{ odd: 2 }, "value_error", "Value error, must be odd", undefined],
  ])("%j is %s", (data, type, msg, ctx) => {
    const [[field, input] = []] = Object.entries(data);
    expect(errorsOf(data)).toEqual([{ type, loc: ["body", field], msg, input, ...(ctx && { ctx }) }]);
  });

  it("a missing one by its place, an extra one by its name", () => {
    expect(errorsOf({ inner: { b: 1 } })).toEqual([
      { type: "missing", loc: ["body", "inner", "a"], msg: "Field required", input: null },
      { type: "extra_forbidden", loc: ["body", "inner", "b"], msg: "Extra inputs are not permitted", input: 1 },
    ]);
  });

  it("without what was sent when that is long", () => {
    const [long] = errorsOf({ name: `${"x".repeat(199)}😀 and more` });
    expect(long?.input).toBe(`${"x".repeat(199)}\ufffd`);
    const [deep] = errorsOf({ name: { a: "y".repeat(1000) } });
    expect(String(deep?.input)).toHaveLength(200);
  });
});
