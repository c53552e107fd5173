import { later } from "../parts/lazy.tsx";
import { editingTags } from "./asking.ts";

/** What is done with sessions now and then. */
export const seldom = later(() => import("./seldom.ts"));

/** Edits a name where it stands, once the field for it is there. */
export const beginRename = (sessionId: string, at: "row" | "header"): void =>
  void seldom.use((part) => part.beginRename(sessionId, at));

/** What is pressed for it stays, with the focus, until the field is there: a composer that opens meanwhile takes a focus that is nowhere. */
export const editTags = (sessionId: string): void =>
  void seldom.use(() => {
    editingTags.value = sessionId;
  });
