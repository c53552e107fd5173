/** What a log line may carry: short facts. Objects are refused so that no prompt, header or token slips in whole. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;
export type LogLevel = "info" | "warn" | "error";

const MAX_FIELD_CHARS = 300;

/** Writes one JSON object as one line; `event` is a `noun.participle`. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const shortened = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === "string" ? value.slice(0, MAX_FIELD_CHARS) : value,
  ]);
  console[level](JSON.stringify({ level, event, ...Object.fromEntries(shortened) }));
}

/** Errors of the language, whose messages name code; those of libraries can quote what a user wrote. */
const LANGUAGE_ERRORS: readonly string[] = ["TypeError", "RangeError", "ReferenceError"];

/** What may be logged of an error that nobody expected: its kind, the line that threw, and a message that holds no data. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const message = LANGUAGE_ERRORS.includes(error.name) ? error.message : undefined;
  return { error: error.name, message, thrown_at: throwingLine(error) };
}

function throwingLine(error: Error): string | undefined {
  const frame = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return frame?.trim().slice("at ".length);
}
