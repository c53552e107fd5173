import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { texts } from "../texts/index.ts";
import { deleting } from "./asking.ts";
import { changeMany, MAX_RESTORED } from "./bulk.ts";
import { deleteSession, undoSeconds } from "./deletion.ts";
import { known } from "./known.ts";
import { clearSelection } from "./selection.ts";

const said = texts.sessions;

/** Asks once before anything is deleted. */
export function DeleteDialog() {
  const ids = deleting.value;
  const [first] = ids ?? [];
  if (!ids || first === undefined) return null;
  const isOne = ids.length === 1;
  const close = () => {
    deleting.value = null;
  };
  const confirm = () => {
    close();
    clearSelection();
    void (isOne ? deleteSession(first) : changeMany(ids, { action: "delete" }));
  };
  return (
    <Dialog title={said.deleteTitle(ids.length)} onClose={close}>
      <p>{isOne ? said.deleteText(known(first).value?.session_name ?? "") : said.deleteTexts}</p>
      <p class="hint">{undoSeconds() > 0 && ids.length <= MAX_RESTORED ? said.deleteUndo : said.deleteForGood}</p>
      <div class="dialog-acts">
        <Button onClick={close}>{texts.app.cancel}</Button>
        <Button isFirst class="strong" tone="danger" icon="trash" onClick={confirm}>
          {said.deleteNow}
        </Button>
      </div>
    </Dialog>
  );
}
