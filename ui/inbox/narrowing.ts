/** What narrows the list, with what is found. It comes when somebody looks for something. */
export { Filters } from "./filters.tsx";
export { FoundList } from "./found.tsx";
export { openFirst, search } from "./search.ts";
