import { Icon } from "../parts/icon.tsx";
import { texts } from "../texts/index.ts";
import type { Note } from "./run-view.ts";

/** What is worth a quiet line at a run. */
export function Notes({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes">
      {notes.map((note, nth) => (
        <li key={nth} data-note={note.kind}>
          <Icon name={note.kind === "fallback" ? "retry" : "warning"} />
          <span title={note.kind === "history_dropped" ? note.reason : undefined}>{noteText(note)}</span>
        </li>
      ))}
    </ul>
  );
}

function noteText(note: Note): string {
  if (note.kind === "history_dropped") return texts.calls.historyDropped(note.runs, note.withoutProviderData);
  if (note.kind === "fallback") return texts.calls.fallback(note.model);
  return texts.calls.notes[note.kind];
}
