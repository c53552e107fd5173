import { lazy } from "../parts/lazy.tsx";
import { conflict, deleting, tagging } from "./asking.ts";
import { seldom } from "./later.ts";

const NameConflict = lazy(seldom, (part) => part.NameConflict);
const TagDialog = lazy(seldom, (part) => part.TagDialog);
const DeleteDialog = lazy(seldom, (part) => part.DeleteDialog);

/** What belongs to no place of the page: dialogs about sessions. */
export function SessionTools() {
  return (
    <>
      {conflict.value !== null && <NameConflict />}
      {tagging.value !== null && <TagDialog />}
      {deleting.value !== null && <DeleteDialog />}
    </>
  );
}
