/** AgentOS's session and run schemas show instants as ISO 8601 UTC with `Z`, without a fraction. */
export const isoSeconds = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** Run outputs, messages and events show whole epoch seconds. */
export const epochSeconds = (epochMs: number): number => Math.floor(epochMs / 1000);

/** Leaves out what is null or undefined: AgentOS's list and detail answers exclude nulls. */
export function withoutNulls<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null && field !== undefined)) as T;
}
