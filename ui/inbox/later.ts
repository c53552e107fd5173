import { later } from "../parts/lazy.tsx";

/** What narrows the list: a search, and filters. */
export const narrowing = later(() => import("./narrowing.ts"));
