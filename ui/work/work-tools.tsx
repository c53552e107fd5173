import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { isStaff, may } from "../access/access.ts";
import { lazy } from "../parts/lazy.tsx";
import { texts } from "../texts/index.ts";
import { chosen, erasing, looked } from "./all-work.ts";
import { longWork } from "./long-work.ts";

const Problems = lazy(longWork, (work) => work.Problems);
const EraseDialog = lazy(longWork, (work) => work.EraseDialog);
const ImportDialog = lazy(longWork, (work) => work.ImportDialog);

/** Who may take in what others have said. */
export const mayImport = (): boolean => isStaff.value && may("sessions:write");

/** What work asks and shows over the page, and files that are dropped on it. */
export function WorkTools() {
  const isDropping = useSignal(false);
  // Before it is painted: a file that is dropped at once is not shown instead of the page.
  useLayoutEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const onFiles = (kind: "dragover" | "drop", take: (files: FileList, isWanted: boolean) => void) =>
      addEventListener(
        kind,
        (event) => {
          const { dataTransfer } = event as DragEvent;
          if (dataTransfer?.types.includes("Files") !== true) return;
          // Elsewhere than on the page the browser would show the file instead of it.
          event.preventDefault();
          const isWanted = mayImport() && document.querySelector("dialog[open]") === null;
          dataTransfer.dropEffect = isWanted ? "copy" : "none";
          take(dataTransfer.files, isWanted);
        },
        { signal },
      );
    onFiles("dragover", (_, isWanted) => {
      isDropping.value = isWanted;
    });
    onFiles("drop", (files, isWanted) => {
      isDropping.value = false;
      if (isWanted) chosen.value = [...files];
    });
    addEventListener(
      "dragleave",
      (event) => {
        if ((event as DragEvent).relatedTarget === null) isDropping.value = false;
      },
      { signal },
    );
    return () => leaving.abort();
  }, []);
  return (
    <>
      {looked.value && <Problems of={looked.value} />}
      {erasing.value !== null && <EraseDialog userId={erasing.value} />}
      {chosen.value.length > 0 && <ImportDialog files={chosen.value} />}
      {isDropping.value && <p class="drop">{texts.work.drop}</p>}
    </>
  );
}
