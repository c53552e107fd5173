// Every agent of this deployment, one line each.
export { assistant } from "./assistant.ts";
export { operator } from "./operator.ts";
