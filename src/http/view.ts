import { type View, viewOf } from "../domain/view.ts";
import type { AppContext } from "./context.ts";

/** What the caller is shown. */
export const callersView = (c: AppContext): View => viewOf(c.get("credential"));
