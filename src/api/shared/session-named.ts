import type { AppContext } from "../../http/context.ts";

/** The session that a run is asked for: the one that the caller's token names, if it names one, else the request's. */
export const sessionNamed = (c: AppContext, asked: string | undefined): string | undefined =>
  c.get("credential").sessionId ?? asked;
