import { signal } from "@preact/signals";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { texts } from "../texts/index.ts";
import { known } from "./known.ts";
import { deleteSession, undoSeconds } from "./session-acts.ts";

/** The sessions that are deleted once it is said to be meant. */
export const deleting = signal<readonly string[] | null>(null);

const said = texts.sessions;

/** Asks once before anything is deleted. */
export function DeleteDialog() {
  const ids = deleting.value;
  const [first] = ids ?? [];
  if (first === undefined) return null;
  const close = () => {
    deleting.value = null;
  };
  const confirm = () => {
    close();
    void deleteSession(first);
  };
  return (
    <Dialog title={said.deleteTitle} onClose={close}>
      <p dir="auto">{said.deleteText(known(first).value?.session_name ?? "")}</p>
      <p class="hint">{undoSeconds() > 0 ? said.deleteUndo : said.deleteForGood}</p>
      <div class="dialog-acts">
        <Button onClick={close}>{texts.app.cancel}</Button>
        <Button class="strong" tone="danger" icon="trash" onClick={confirm}>
          {said.deleteNow}
        </Button>
      </div>
    </Dialog>
  );
}
