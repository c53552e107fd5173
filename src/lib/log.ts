/** What a log line may carry: short facts. Objects are refused, because a prompt, header or token could be in one. */
type LogFields = Record<string, string | number | boolean | null | undefined>;
type LogLevel = "info" | "warn" | "error";

const MAX_FIELD_CHARS = 300;

/** Writes one JSON object as one line; `event` is a `noun.participle`. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const shortened = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === "string" ? value.slice(0, MAX_FIELD_CHARS) : value,
  ]);
  console[level](JSON.stringify({ level, event, ...Object.fromEntries(shortened) }));
}

/** The beginnings of error messages that quote nothing. Only these are logged: any other may hold what a user wrote. */
const TOLD =
  /^(?:Cannot (?:read|set) properties of (?:undefined|null)|Maximum call stack size exceeded|Invalid (?:time value|array length|string length))/;

/** What may be logged of an error that nobody expected: its kind, the line that threw, and a message that holds no data. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, message: TOLD.exec(error.message)?.[0], thrown_at: throwingLine(error) };
}

/** The first frame of the stack. The stack begins with the message, which may have lines that look like a frame. */
function throwingLine({ message, stack = "" }: Error): string | undefined {
  const start = stack.indexOf(message);
  const frames = start < 0 ? [] : stack.slice(start + message.length).split("\n");
  const frame = frames.find((line) => line.trimStart().startsWith("at "));
  return frame?.trim().slice("at ".length);
}
