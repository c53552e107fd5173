import { isStaff, may } from "../access/access.ts";
import { IconButton } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import { exportSessions } from "../work/long-work.ts";
import { deleting, tagging } from "./asking.ts";
import { type BulkChange, changeMany, nameMany } from "./bulk.ts";
import { known } from "./known.ts";
import { clearSelection, isSelecting, selectAll, selected } from "./selection.ts";

const said = texts.sessions;

/** What can be done with the chosen conversations, as long as any is chosen. `ids`: those that the list shows, in its order. */
export function BulkBar({ ids }: { ids: readonly string[] }) {
  // What the list does not show any more is not changed unseen.
  const chosen = ids.filter((id) => selected.value.has(id));
  if (chosen.length === 0 && !isSelecting.value) return null;
  const isNone = chosen.length === 0;
  const sessions = chosen.map((id) => known(id).value).filter((session) => session !== null);
  const change = (made: BulkChange) => {
    clearSelection();
    void changeMany(chosen, made);
  };
  const isArchived = sessions.every(({ archived }) => archived);
  const isPinned = sessions.every(({ pinned }) => pinned);
  return (
    <div class="bulk-bar" role="toolbar" aria-label={said.bulk.bar}>
      <button type="button" class="button quiet" title={said.bulk.all} onClick={() => selectAll(ids)}>
        {said.selected(chosen.length)}
      </button>
      {may("sessions:write") && (
        <>
          <IconButton
            icon="archive"
            disabled={isNone}
            label={isArchived ? said.unarchive : said.archive}
            onClick={() => change({ action: isArchived ? "unarchive" : "archive" })}
          />
          <IconButton
            icon="pin"
            disabled={isNone}
            label={isPinned ? said.unpin : said.pin}
            onClick={() => change({ action: isPinned ? "unpin" : "pin" })}
          />
          <IconButton
            icon="tag"
            disabled={isNone}
            label={said.tags}
            onClick={() => {
              tagging.value = chosen;
            }}
          />
          {isStaff.value && (
            <IconButton icon="name" label={said.bulk.name} disabled={isNone} onClick={() => void nameMany(chosen)} />
          )}
        </>
      )}
      <IconButton icon="download" label={said.export} disabled={isNone} onClick={() => exportSessions(sessions)} />
      {may("sessions:delete") && (
        <IconButton
          icon="trash"
          disabled={isNone}
          label={said.delete}
          onClick={() => {
            deleting.value = chosen;
          }}
        />
      )}
      <IconButton icon="close" label={said.bulk.none} onClick={clearSelection} />
    </div>
  );
}
