import { type Principal, principalOf, unlimited } from "../../src/domain/principal.ts";

/** A request without a credential on a developer's machine, which names this user, or none. */
export const developer = (userId: string | null = null): Principal => principalOf(unlimited("development"), userId);
