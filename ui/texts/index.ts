import { en } from "./en.ts";

/** All that the page says, in the language it is shown in. A translation is a file beside `en.ts`, and its choice is here. */
export type Texts = typeof en;
export const texts: Texts = en;
