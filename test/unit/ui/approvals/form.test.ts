import { describe, expect, it } from "vitest";
import { emptyFields, formOf, labelOf, readForm } from "../../../../ui/approvals/form.ts";

const field = (name: string, type: string, value: unknown = null) => ({
  name,
  field_type: type,
  description: null,
  value,
});

const inputs = (...fields: ReturnType<typeof field>[]) => formOf(fields).map(({ input }) => input);

describe("A form of what a call is to be given", () => {
  it("has an input for each type", () => {
    const types = ["str", "int", "float", "bool", "list", "dict"];
    expect(inputs(...types.map((type) => field("a", type)))).toEqual([
      "line",
      "whole",
      "number",
      "choice",
      "list",
      "json",
    ]);
    expect(inputs(field("a", "something else"))).toEqual(["line"]);
  });

  it("has more than a line where a text is long, has lines, or is called so", () => {
    expect(
      inputs(field("a", "str", "x".repeat(81)), field("a", "str", "x\ny"), field("body", "str"), field("to", "str")),
    ).toEqual(["text", "text", "text", "line"]);
  });

  it("shows what the model has given, and asks for the rest", () => {
    const [to, subject, many] = formOf([
      field("to", "str"),
      field("subject", "str", "Invoice"),
      field("ids", "list", [1]),
    ]);
    expect(to).toMatchObject({ given: "", isAsked: true });
    expect(subject).toMatchObject({ given: "Invoice", isAsked: false });
    expect(many).toMatchObject({ given: "[\n  1\n]", isAsked: false });
  });

  it("shows what is no text in a field of any type as JSON", () => {
    const [mixed] = formOf([field("value", "str", 5)]);
    expect(mixed).toMatchObject({ input: "json", given: "5" });
  });

  it("calls its fields in words", () => {
    expect(["to", "customer_id", "customerId", "_", "URL"].map(labelOf)).toEqual([
      "To",
      "Customer id",
      "Customer id",
      "_",
      "URL",
    ]);
  });
});

describe("What is typed into a form", () => {
  const read = (type: string, text: string) => readForm(formOf([field("a", type)]), { a: text });

  it("becomes a value of the field's type", () => {
    expect(read("str", " x ").values).toEqual({ a: " x " });
    expect(read("int", " -12 ").values).toEqual({ a: -12 });
    expect(read("float", "1.5e3").values).toEqual({ a: 1500 });
    expect(read("bool", "false").values).toEqual({ a: false });
    expect(read("dict", '{"b":[1]}').values).toEqual({ a: { b: [1] } });
    expect(read("list", "[1, 2]").values).toEqual({ a: [1, 2] });
    expect(read("list", "one\n\n two ").values).toEqual({ a: ["one", "two"] });
  });

  it("is kept from the server where it is no value of that type", () => {
    for (const [type, text] of [
      ["int", "1.5"],
      ["int", "12345678901234567890"],
      ["int", "one"],
      ["float", "1,5"],
      ["float", "Infinity"],
      ["dict", "{"],
      ["list", "[1"],
    ] as const) {
      expect(read(type, text), `${type} ${text}`).toMatchObject({ values: {}, problems: { a: expect.any(String) } });
    }
  });

  it("is left out where nobody has typed anything, and where it is what the model gave", () => {
    const form = formOf([field("to", "str"), field("subject", "str", "Invoice"), field("urgent", "bool")]);
    expect(readForm(form, {})).toEqual({ values: {}, problems: {} });
    expect(readForm(form, { to: "", subject: "Invoice" })).toEqual({ values: {}, problems: {} });
    expect(readForm(form, { subject: "Another" }).values).toEqual({ subject: "Another" });
  });

  it("empties a text that the model gave, and nothing else", () => {
    expect(readForm(formOf([field("a", "str", "x")]), { a: "" }).values).toEqual({ a: "" });
    expect(readForm(formOf([field("a", "int", 5)]), { a: "" })).toMatchObject({
      values: {},
      problems: { a: "This cannot be empty." },
    });
  });

  it("is all there once no field is empty that is left to the person", () => {
    const form = formOf([field("to", "str"), field("subject", "str", "Invoice"), field("urgent", "bool")]);
    expect(emptyFields(form, { to: " " }).map(({ name }) => name)).toEqual(["to", "urgent"]);
    expect(emptyFields(form, { to: "ada", urgent: "false" })).toEqual([]);
  });

  it("takes parameters whatever they are called", () => {
    const names = ["constructor", "toString", "__proto__", "hasOwnProperty"];
    const form = formOf(names.map((name) => field(name, "str")));
    expect(emptyFields(form, {}).map(({ name }) => name)).toEqual(names);
    const typed = Object.fromEntries(names.map((name) => [name, name.toUpperCase()]));
    expect(Object.entries(readForm(form, typed).values)).toEqual(names.map((name) => [name, name.toUpperCase()]));
    expect(Object.keys(readForm(formOf([field("__proto__", "int")]), typed).problems)).toEqual(["__proto__"]);
    expect(inputs(field("a", "constructor"))).toEqual(["line"]);
  });

  it("says what is not seen of what the model has given", () => {
    const [to] = formOf([field("to", "str", "ada@example.com\u200b")]);
    expect(to).toMatchObject({
      given: "ada@example.com\u200b",
      hint: expect.stringContaining("ada@example.com\\u{200b}"),
    });
  });
});
