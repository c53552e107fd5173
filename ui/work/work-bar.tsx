import { useEffect } from "preact/hooks";
import { me } from "../access/access.ts";
import { device } from "../app/stored.ts";
import { lazy } from "../parts/lazy.tsx";
import { allWork, KEPT_KEY } from "./all-work.ts";
import { longWork } from "./long-work.ts";

const WorkRows = lazy(longWork, (work) => work.WorkRows);

/** What takes longer than a person waits for, as long as it is under way; what this browser had begun goes on here after a reload. */
export function WorkBar() {
  const actor = me.value?.actor;
  useEffect(() => {
    const mayGoOn = longWork.there.peek() !== null || (device.getItem(KEPT_KEY) ?? "[]") !== "[]";
    if (mayGoOn) void longWork.use((work) => work.goOn());
  }, [actor]);
  return allWork.value.some(({ isShown }) => isShown) ? <WorkRows /> : null;
}
