import { useEffect, useState } from "preact/hooks";
import type { SessionList } from "../../packages/client/src/index.ts";
import { isStaff } from "../access/access.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { api, refused } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import { erasing } from "./all-work.ts";
import { eraseUser } from "./erasure.ts";

/** Asks once more before what nobody can undo. Who erases says whom, so that a wrong row is not a wrong user. */
export function EraseDialog({ userId }: { userId: string }) {
  const [typed, setTyped] = useState("");
  const [total, setTotal] = useState<number | null>(null);
  useEffect(() => {
    const query = { limit: 1, archived: "all", ...(isStaff.peek() && { user_id: userId }) };
    api.request<SessionList>("GET", "/sessions", { query }).then(
      ({ data: { meta } }) => setTotal(meta.total_count_capped === true ? null : (meta.total_count ?? null)),
      // The count is for who reads it; without it the erasure shows no end.
      refused,
    );
  }, []);
  const close = () => {
    erasing.value = null;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed !== userId) return;
    close();
    void eraseUser(userId, total);
  };
  return (
    <Dialog title={texts.work.eraseTitle(userId)} onClose={close}>
      <form class="work-form" onSubmit={submit}>
        <p>{texts.work.eraseWhat(total)}</p>
        <label>
          <span>{texts.work.eraseType(userId)}</span>
          <input
            value={typed}
            dir="auto"
            autoComplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <Button type="submit" tone="danger" disabled={typed !== userId}>
            {texts.work.erase}
          </Button>
          <Button onClick={close}>{texts.app.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
