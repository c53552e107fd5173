import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { texts } from "../texts/index.ts";
import { tagging } from "./asking.ts";
import { changeMany } from "./bulk.ts";
import { known } from "./known.ts";
import { TagInput } from "./tag-input.tsx";
import { tagChange } from "./typed-tags.ts";

const said = texts.sessions;

export function TagDialog() {
  const ids = tagging.value;
  return ids && <TagMany key={ids.join()} ids={ids} />;
}

/** Shows every tag that one of them has: one that is taken away goes from all of them, and all of them get a new one. */
function TagMany({ ids }: { ids: readonly string[] }) {
  const [before] = useState(() => [...new Set(ids.flatMap((id) => known(id).peek()?.tags ?? []))]);
  const [tags, setTags] = useState<readonly string[]>(before);
  const close = () => {
    tagging.value = null;
  };
  const save = () => {
    close();
    const change = tagChange(before, tags);
    if (change !== null) void changeMany(ids, { action: "tag", ...change });
  };
  return (
    <Dialog title={said.bulk.tagTitle(ids.length)} onClose={close}>
      <p class="hint">{said.bulk.tagHint}</p>
      <div class="tag-box">
        <TagInput tags={tags} onChange={setTags} onEnd={save} />
      </div>
      <div class="dialog-acts">
        <Button onClick={close}>{texts.app.cancel}</Button>
        <Button tone="primary" onClick={save}>
          {said.bulk.tagSave}
        </Button>
      </div>
    </Dialog>
  );
}
