import * as list from "./list.ts";
import { register } from "./registry/register.ts";

/** The agents and teams of this deployment. */
export const { agents, teams } = register(Object.values(list));
