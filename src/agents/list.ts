// Every agent and team of this deployment, one line each.
export { assistant } from "./assistant.ts";
export { operator } from "./operator.ts";
export { resolver } from "./resolver.ts";
export { support } from "./support.ts";
export { triage } from "./triage.ts";
