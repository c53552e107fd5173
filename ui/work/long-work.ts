import type { Filter } from "../app/route.ts";
import { later } from "../parts/lazy.tsx";
import type { Exported } from "./exports.ts";

/** What takes longer than a person waits for. Its code comes when it is first asked for. */
export const longWork = later(() => import("./under-way.ts"));

export const exportAll = (filter: Filter): void => void longWork.use((work) => work.exportAll(filter));
export const exportSession = (session: Exported): void => void longWork.use((work) => work.exportSession(session));
export const exportSessions = (all: readonly Exported[]): void => void longWork.use((work) => work.exportSessions(all));
export const nameAll = (filter: Filter): void => void longWork.use((work) => work.nameAll(filter));
