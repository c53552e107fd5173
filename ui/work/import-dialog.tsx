import { useEffect, useState } from "preact/hooks";
import { tell } from "../app/notices.ts";
import { bytesText } from "../parts/amounts.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { refused } from "../server/api.ts";
import { components, loadComponents } from "../server/components.ts";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { chosen } from "./all-work.ts";
import { importFile } from "./imports.ts";
import { asLines } from "./lines-of-file.ts";

/** Asks what the lines of a file may not say: whose they are, and which agent's. */
export function ImportDialog({ files }: { files: readonly File[] }) {
  const [userId, setUserId] = useState("");
  const [agentId, setAgentId] = useState("");
  const [isNew, setNew] = useState(false);
  const [isReading, setReading] = useState(false);
  useEffect(() => {
    loadComponents().catch(refused);
  }, []);
  const close = () => {
    chosen.value = [];
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const query = {
      ...(userId.trim() !== "" && { user_id: userId.trim() }),
      ...(agentId !== "" && { agent_id: agentId }),
      ...(isNew && { on_conflict: "new" as const }),
    };
    setReading(true);
    try {
      const lines = await Promise.all(files.map(asLines));
      for (const file of lines) void importFile(file, query);
      close();
    } catch (error) {
      // It was taken away or changed since it was chosen.
      tell({ tone: "wrong", ...toldOf(error) });
      setReading(false);
    }
  };
  return (
    <Dialog title={texts.work.importTitle} onClose={close}>
      <form class="work-form" aria-busy={isReading} onSubmit={submit}>
        <ul>
          {files.map(({ name, size }) => (
            <li key={name}>
              <span dir="auto">{name}</span> <span class="hint">{bytesText(size)}</span>
            </li>
          ))}
        </ul>
        <label>
          <span>{texts.work.importUser}</span>
          <input
            value={userId}
            dir="auto"
            autoComplete="off"
            spellcheck={false}
            placeholder={texts.work.importUserHint}
            onInput={({ currentTarget }) => setUserId(currentTarget.value)}
          />
        </label>
        <label>
          <span>{texts.work.importAgent}</span>
          <select value={agentId} onChange={({ currentTarget }) => setAgentId(currentTarget.value)}>
            <option value="">{texts.work.importNoAgent}</option>
            {components.value
              ?.filter(({ kind }) => kind === "agent")
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </select>
        </label>
        <label class="choice">
          <input type="checkbox" checked={isNew} onChange={({ currentTarget }) => setNew(currentTarget.checked)} />
          <span>{texts.work.importNew}</span>
        </label>
        <div class="buttons">
          <Button type="submit" tone="primary" disabled={isReading}>
            {texts.work.importBegin}
          </Button>
          <Button onClick={close}>{texts.app.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
