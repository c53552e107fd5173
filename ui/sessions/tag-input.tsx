import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { texts } from "../texts/index.ts";
import { knownTags } from "./known.ts";
import { without, withTyped } from "./typed-tags.ts";

const said = texts.sessions;

/** A tag that can be taken away. */
const Removable = ({ tag, onRemove }: { tag: string; onRemove: () => void }) => (
  <button
    type="button"
    class="chip tag removable"
    aria-label={said.removeTag(tag)}
    title={said.removeTag(tag)}
    onClick={onRemove}
  >
    <span dir="auto">{tag}</span>
    <Icon name="close" />
  </button>
);

/** Tags that one takes away and adds: Enter or a comma adds what was typed, Backspace in the empty field takes the last one. */
export function TagInput({
  tags,
  onChange,
  onEnd,
}: {
  tags: readonly string[];
  onChange: (tags: string[]) => void;
  /** With Esc, and with Enter in the empty field. */
  onEnd?: (() => void) | undefined;
}) {
  const field = useRef<HTMLInputElement>(null);
  const listId = useId();
  useLayoutEffect(() => {
    if (field.current === null) return;
    // A dialog that opens around it looks for this.
    field.current.autofocus = true;
    field.current.focus();
  }, []);
  const add = () => {
    const typed = field.current?.value ?? "";
    const all = withTyped(tags, typed);
    if (field.current) field.current.value = "";
    if (all !== null) onChange(all);
    return typed.trim() !== "";
  };
  const remove = (tag: string) => {
    field.current?.focus();
    onChange(without(tags, tag));
  };
  const onEnter = () => {
    if (!add()) onEnd?.();
  };
  const onBackspace = (event: Event) => {
    const last = tags.at(-1);
    if (field.current?.value !== "" || last === undefined) return;
    event.preventDefault();
    remove(last);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Backspace") onBackspace(event);
    const acts: Record<string, (() => unknown) | undefined> = { Enter: onEnter, ",": add, Escape: onEnd };
    const act = event.isComposing ? undefined : acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <span class="tag-input">
      {tags.map((tag) => (
        <Removable key={tag} tag={tag} onRemove={() => remove(tag)} />
      ))}
      <input
        ref={field}
        list={listId}
        aria-label={said.addTag}
        placeholder={said.addTag}
        maxLength={64}
        dir="auto"
        autoComplete="off"
        onKeyDown={onKeyDown}
        onBlur={add}
      />
      <datalist id={listId}>
        {knownTags()
          .filter((tag) => !tags.includes(tag))
          .map((tag) => (
            <option key={tag} value={tag} />
          ))}
      </datalist>
    </span>
  );
}
