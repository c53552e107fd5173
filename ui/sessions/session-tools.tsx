import { DeleteDialog } from "./delete-dialog.tsx";
import { NameConflict } from "./name-conflict.tsx";
import { TagDialog } from "./tag-dialog.tsx";

/** What belongs to no place of the page: dialogs about sessions. */
export function SessionTools() {
  return (
    <>
      <NameConflict />
      <TagDialog />
      <DeleteDialog />
    </>
  );
}
