/*
 * Who owns the isolate's time: one table, from the path of a source file to a name. The first row that fits a path holds, so the
 * narrow ones stand first. What a builtin computes (`JSON.parse`, a `RegExp`) is its caller's; what none of them fits is "other".
 */
export const OWNERS: readonly (readonly [path: RegExp, owner: string])[] = [
  [/node_modules\/eventsource-parser\//, "parser of event streams"],
  [/node_modules\/openai\/.*(?:streaming|decoders|stream-utils)/i, "openai's stream"],
  [/node_modules\/openai\//, "openai's request"],
  // Drizzle's own source maps leave its folder out.
  [/node_modules\/(?:drizzle-orm|src)\//, "drizzle"],
  [/node_modules\/hono\//, "hono"],
  [/node_modules\/(?:zod|@hono)\//, "zod"],
  [/node_modules\/jose\//, "jose"],
  [/^cloudflare-internal:d1-api$/, "D1's binding"],
  [/^cloudflare-internal:tracing/, "tracing"],
  [/^node-internal:internal_timers$|src\/lib\/stall-timer/, "timers"],
  [/src\/session\/(?:recovery\/journal|drive\/journal-writer)/, "journal"],
  [
    /src\/(?:engine\/events|wire)\/|src\/session\/drive\/(?:event-stream|translator-of|readers)|src\/lib\/sse/,
    "events out",
  ],
  [/src\/engine\/prompt\//, "prompt"],
  [/src\/session\/(?:lane|recovery|row|start)\/|src\/session\/drive\/settle-run|src\/store\//, "settle, admit, store"],
  [/src\/model\//, "the model's answer"],
  [/src\/(?:engine|session\/drive)\/|src\/lib\/(?:visible-text|abort)/, "pipeline a delta"],
  [/src\/(?:api|http|auth|app\.ts|index\.ts|env\.ts)/, "the Worker's routes"],
  [/src\/lib\/log|^node-internal:internal_inspect$/, "log"],
  [/src\/session\//, "the object's calls"],
  [/src\/(?:domain|lib|names|privacy|agents|summaries|model-answers)\//, "domain, lib, names"],
];

/** What V8 names itself, where there is no file. */
export const NATIVE_OWNERS: Readonly<Record<string, string>> = {
  "(garbage collector)": "garbage collector",
  "(program)": "native code",
};

/** A builtin that no function called: continuations of promises and of streams. */
export const CALLED_BY_NOBODY = "promises";

/** Not the isolate's time. */
export const IDLE = "(idle)";

export const OTHER = "other";
