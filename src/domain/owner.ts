declare const owner: unique symbol;

/**
 * The user to whom a session, a run or a job belongs. A body, a path and a line of an import hold texts, and no text is an
 * owner: only `principal.ts` makes one, of who is known to act. So a handler that takes an owner from a request without
 * asking who acts does not compile.
 */
export type Owner = string & { readonly [owner]: true };
