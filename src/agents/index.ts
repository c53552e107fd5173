import * as list from "./list.ts";
import { providers } from "./providers.ts";
import { register } from "./registry/register.ts";

export { providers } from "./providers.ts";

/** The agents and teams of this deployment. */
export const { agents, teams } = register(Object.values(list), providers);
