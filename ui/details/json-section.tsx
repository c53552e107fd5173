import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import type { Told } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { JsonTree } from "./json-tree.tsx";
import { isObject, type Json, type JsonObject } from "./merge-patch.ts";
import type { Field, OpenSession } from "./open-session.ts";

/** State or metadata of a session, as a tree; who may write edits it as JSON. */
export function JsonSection({ of, field, mayEdit }: { of: OpenSession; field: Field; mayEdit: boolean }) {
  const draftId = `${of.sessionId} ${field}`;
  const [isEdited, setEdited] = useState(drafts.has(draftId));
  const edit = useRef<HTMLButtonElement>(null);
  const value = (of.detail.value?.[field] ?? {}) as JsonObject;
  const name = texts.details.values[field];
  return (
    <section>
      <header>
        <h3>{name}</h3>
        {mayEdit && !isEdited && (
          <IconButton buttonRef={edit} icon="edit" label={texts.details.edit(name)} onClick={() => setEdited(true)} />
        )}
      </header>
      {isEdited ? (
        <Editor
          of={of}
          field={field}
          draftId={draftId}
          onEnd={() => {
            drafts.delete(draftId);
            setEdited(false);
            requestAnimationFrame(() => edit.current?.focus());
          }}
        />
      ) : Object.keys(value).length === 0 ? (
        <p class="hint">{texts.details.nothing}</p>
      ) : (
        <JsonTree value={value} />
      )}
    </section>
  );
}

/** What is typed and not saved: it is there again where the details were closed over it. */
const drafts = new Map<string, { base: JsonObject; text: string }>();

interface Edited {
  of: OpenSession;
  field: Field;
  draftId: string;
  onEnd: () => void;
}

function Editor({ of, field, draftId, onEnd }: Edited) {
  // What comes from elsewhere while somebody types does not take away what is typed.
  const [base, setBase] = useState(() => drafts.get(draftId)?.base ?? of.field(field));
  const [text, setText] = useState(() => drafts.get(draftId)?.text ?? JSON.stringify(base, null, 2));
  drafts.set(draftId, { base, text });
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const [isSaving, setSaving] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const [theirs, setTheirs] = useState<JsonObject | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const name = texts.details.values[field];
  const save = async (before: JsonObject) => {
    const after = readObject(text);
    setWrong("why" in after ? after.why : null);
    setTold(null);
    if ("why" in after || isSaving) return;
    setSaving(true);
    const saved = await of.save(field, before, after.object);
    setSaving(false);
    if (saved.as === "conflict") setTheirs(saved.theirs);
    else if (saved.as === "failed") setTold(saved.told);
    else if (saved.as === "saved") {
      announce(texts.details.saved(name));
      onEnd();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save(base);
    else if (event.key !== "Escape") return;
    // What was changed goes by Cancel only.
    else if (text === JSON.stringify(base, null, 2)) onEnd();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form
      class="json-editor"
      aria-busy={isSaving}
      onSubmit={(event) => {
        event.preventDefault();
        void save(base);
      }}
    >
      <textarea
        aria-label={texts.details.asJson(name)}
        aria-invalid={wrong !== null}
        spellcheck={false}
        dir="ltr"
        ref={area}
        rows={Math.min(20, text.split("\n").length + 1)}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {wrong !== null && (
        <p class="wrong-field" role="alert">
          {wrong}
        </p>
      )}
      {theirs !== null && (
        <div class="conflict" role="alert">
          <p>{texts.details.conflict}</p>
          <JsonTree value={theirs} />
          <div class="buttons">
            <Button
              onClick={() => {
                setText(JSON.stringify(theirs, null, 2));
                setBase(theirs);
                setTheirs(null);
              }}
            >
              {texts.details.takeTheirs}
            </Button>
            <Button
              onClick={() => {
                setTheirs(null);
                void save(base);
              }}
            >
              {texts.details.saveMine}
            </Button>
          </div>
        </div>
      )}
      {told && <Failure what={texts.details.notSaved} told={told} />}
      <div class="buttons">
        <Button type="submit" tone="primary" disabled={isSaving}>
          {texts.details.save}
        </Button>
        <Button onClick={onEnd}>{texts.app.cancel}</Button>
      </div>
    </form>
  );
}

/** What was typed, as an object; or why it is none. */
function readObject(text: string): { object: JsonObject } | { why: string } {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as Json;
    return isObject(value) ? { object: value } : { why: texts.details.noObject };
  } catch (error) {
    return { why: texts.details.noJson(error instanceof Error ? error.message : "") };
  }
}
