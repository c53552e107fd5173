import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Texts } from "../texts/index.ts";
import { type Begun, keyOf, pressedKeys } from "./key-press.ts";
import { settings } from "./settings.ts";

/** A key that does something wherever one is on the page, but while one types, in a menu, or in a dialog. */
export interface Shortcut {
  /** As `KeyboardEvent.key` has it; of two, one after the other, with a blank between them: `g a`. */
  key: string;
  /** What it does, for the list of keys. */
  label: keyof Texts["keys"];
  /** Whether it does something now. Left out, always. */
  when?: () => boolean;
  /** Whether it goes on while the key is held. */
  repeats?: boolean;
  run: () => void;
}

/** All that are active. Of one key the last counts: what is on top of the page is mounted last. */
export const shortcuts = signal<readonly Shortcut[]>([]);

/** Makes a key do something. Answers what ends that. */
export function shortcut(one: Shortcut): () => void {
  if (shortcuts.peek().length === 0) document.addEventListener("keydown", onKeyDown);
  shortcuts.value = [...shortcuts.peek(), one];
  return () => {
    shortcuts.value = shortcuts.peek().filter((other) => other !== one);
    if (shortcuts.peek().length === 0) document.removeEventListener("keydown", onKeyDown);
  };
}

/** The same for as long as the component is there. Which keys it has does not change meanwhile. */
export function useShortcuts(these: readonly Shortcut[]): void {
  const newest = useRef(these);
  newest.current = these;
  // Not behind the first picture: a key that somebody presses as soon as there is something to press it for would be lost.
  useLayoutEffect(() => {
    const ends = these.map((one, nth) =>
      shortcut({
        ...one,
        when: () => newest.current[nth]?.when?.() ?? true,
        run: () => newest.current[nth]?.run(),
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }, []);
}

let begun: Begun | null = null;

function onKeyDown(event: KeyboardEvent): void {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || hasModifier(event) || !(target instanceof Element)) return;
  if (target.closest("[role=menu]") !== null || document.querySelector("dialog[open]") !== null) return;
  const key = keyOf({ key: event.key, code: event.code, isShifted: event.shiftKey });
  // Named keys, such as Esc, type nothing: they are no obstacle to who dictates, and stay.
  const isTyped = key.length === 1;
  if (isTyped && !settings.peek().hasShortcuts) return;
  if (isField(target) && isTyped) return;
  const all = shortcuts.peek();
  const keys = pressedKeys(
    key,
    begun,
    event.timeStamp,
    all.map((one) => one.key),
  );
  begun = keys === key ? { key, atMs: event.timeStamp } : null;
  const found = all.findLast((one) => one.key === keys && one.when?.() !== false);
  if (found === undefined || (event.repeat && found.repeats !== true)) return;
  event.preventDefault();
  found.run();
}

/** AltGr is Ctrl and Alt at once, and types a character such as `#`. */
const hasModifier = (event: KeyboardEvent) =>
  event.metaKey || ((event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph"));

/** Whether keys type something there. */
export const isField = (element: Element | null): boolean =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches("textarea,select,input:not([type=checkbox],[type=radio])"));
