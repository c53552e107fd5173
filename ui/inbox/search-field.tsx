import { signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { filter, refine } from "../app/place.ts";
import { IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { texts } from "../texts/index.ts";
import { narrowing } from "./later.ts";

/** How long after the last key the server is asked. */
const REST_MS = 250;

const typed = signal(filter.peek().words);
let timer: ReturnType<typeof setTimeout> | undefined;

function type(words: string): void {
  typed.value = words;
  clearTimeout(timer);
  timer = setTimeout(settle, REST_MS);
}

function settle(): void {
  clearTimeout(timer);
  refine({ words: typed.peek().trim() });
}

function clear(): void {
  typed.value = "";
  settle();
}

/** Goes to what was found first, once it is there. */
async function openFirst(): Promise<void> {
  settle();
  const words = typed.peek();
  await narrowing.use((part) => part.openFirst(() => words === typed.peek()));
}

/** Looks for words in names and in what was said. */
export function SearchField() {
  const input = useRef<HTMLInputElement>(null);
  useSignalEffect(() => {
    const { words } = filter.value;
    // Back, or a link, has other words than what was typed.
    if (words !== typed.peek().trim()) typed.value = words;
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter") void openFirst();
    else if (event.key === "ArrowDown")
      input.current?.closest(".list-pane")?.querySelector<HTMLElement>("a.row")?.focus();
    else if (event.key === "Escape" && typed.peek() !== "") clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search class="search-field">
      <Icon name="search" />
      <input
        ref={input}
        id="search"
        type="search"
        dir="auto"
        enterkeyhint="search"
        autoComplete="off"
        spellcheck={false}
        placeholder={texts.search.hint}
        aria-label={texts.search.label}
        value={typed.value}
        onInput={({ currentTarget }) => type(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {typed.value !== "" && (
        <IconButton
          icon="close"
          label={texts.search.clear}
          onClick={() => {
            clear();
            input.current?.focus();
          }}
        />
      )}
    </search>
  );
}

/** For the key that leads here. */
export function focusSearch(): void {
  const input = document.getElementById("search");
  if (input instanceof HTMLInputElement) {
    input.focus();
    input.select();
  }
}
