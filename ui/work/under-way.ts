/** All that takes long: it comes when something of it is begun, or goes on after a reload. */
export { chooseFiles } from "./choose-files.ts";
export { EraseDialog } from "./erase-dialog.tsx";
export { exportAll, exportSession, exportSessions } from "./exports.ts";
export { goOn } from "./go-on.ts";
export { ImportDialog } from "./import-dialog.tsx";
export { followJob } from "./jobs.ts";
export { nameAll } from "./naming.ts";
export { Problems } from "./problems.tsx";
export { WorkRows } from "./work-rows.tsx";
