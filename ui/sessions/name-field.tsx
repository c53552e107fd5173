import { useEffect, useRef } from "preact/hooks";
import { useLeave } from "../parts/leave.ts";
import { texts } from "../texts/index.ts";
import { renaming } from "./asking.ts";
import { endRename, saveTyped } from "./rename.ts";

/** The server's limit for a name, in code points; a longer one is refused there. */
const MAX_NAME = 200;

/** Edits a name where it stands. Enter and leaving save, Esc gives up, and the focus goes back to where it was. */
export function NameField({ name }: { name: string }) {
  const field = useRef<HTMLInputElement>(null);
  useLeave(field, () => saveTyped(field.current?.value ?? name));
  useEffect(() => {
    const before = document.activeElement;
    const edited = renaming.peek();
    const { current } = field;
    current?.focus();
    current?.select();
    return () => {
      // What shows it is gone, such as by going back: that leaves it, too.
      if (edited !== null && edited === renaming.peek()) saveTyped(current?.value ?? name);
      const isHere = [null, document.body, current].includes(document.activeElement as HTMLInputElement | null);
      if (isHere && before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter") saveTyped(field.current?.value ?? name);
    else if (event.key === "Escape") endRename();
    else return;
    event.preventDefault();
  };
  // A row that moves takes the focus from what is in it, and nobody has gone elsewhere.
  const onBlur = () => {
    setTimeout(() => {
      if (document.activeElement === document.body) field.current?.focus();
    });
  };
  return (
    <input
      ref={field}
      class="name-field"
      aria-label={texts.sessions.name}
      defaultValue={name}
      maxLength={MAX_NAME}
      dir="auto"
      autoComplete="off"
      onKeyDown={onKeyDown}
      onBlur={onBlur}
    />
  );
}
