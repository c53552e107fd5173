/** What is done with sessions now and then: with many at once, or behind a question. It comes when it is first asked for. */
export { changeMany } from "./bulk.ts";
export { BulkBar } from "./bulk-bar.tsx";
export { DeleteDialog } from "./delete-dialog.tsx";
export { NameConflict } from "./name-conflict.tsx";
export { NameField } from "./name-field.tsx";
export { beginRename } from "./rename.ts";
export { SessionMenu } from "./session-menu.tsx";
export { TagDialog } from "./tag-dialog.tsx";
export { TagInput } from "./tag-input.tsx";
