import { type ReadonlySignal, useComputed } from "@preact/signals";
import { may } from "../access/access.ts";
import { lazy } from "../parts/lazy.tsx";
import { texts } from "../texts/index.ts";
import { renaming } from "./asking.ts";
import { known } from "./known.ts";
import { beginRename, seldom } from "./later.ts";
import { isSelecting, selected, selectTo, toggleSelected } from "./selection.ts";

const NameField = lazy(seldom, (part) => part.NameField);

/**
 * What a row of the list has beside its link: the box that chooses it, and the field for its name while that is edited. `ids`
 * are those of the list, in its order; `stop`: the row that Tab leads to.
 */
export function RowTools({
  sessionId,
  ids,
  stop,
}: {
  sessionId: string;
  ids: () => readonly string[];
  stop: ReadonlySignal<string | null>;
}) {
  const isSelected = useComputed(() => selected.value.has(sessionId)).value;
  const isStop = useComputed(() => stop.value === sessionId).value;
  const isShown = useComputed(() => isSelecting.value || selected.value.size > 0).value;
  const isEdited = useComputed(() => renaming.value?.at === "row" && renaming.value.sessionId === sessionId).value;
  const name = known(sessionId).value?.session_name ?? "";
  return (
    <>
      <label class={`row-box ${isShown ? "shown" : ""}`}>
        <input
          type="checkbox"
          checked={isSelected}
          tabIndex={isStop ? 0 : -1}
          aria-label={texts.sessions.select(name)}
          onClick={({ shiftKey }) => (shiftKey ? selectTo(sessionId, ids()) : toggleSelected(sessionId))}
        />
      </label>
      {isEdited && <NameField name={name} />}
    </>
  );
}

/** Shift-click on a row chooses all up to it, and opens nothing. */
export function chooseRow(event: MouseEvent, ids: readonly string[]): void {
  const { target } = event;
  const row = target instanceof Element ? target.closest<HTMLElement>("a[data-session]") : null;
  if (!event.shiftKey || !row?.dataset.session) return;
  event.preventDefault();
  selectTo(row.dataset.session, ids);
}

/** Twice on a name edits it where it stands. */
export function renameRow({ target }: MouseEvent): void {
  const row = target instanceof Element ? target.closest(".row-name")?.closest<HTMLElement>("[data-session]") : null;
  if (row?.dataset.session && may("sessions:write")) beginRename(row.dataset.session, "row");
}
