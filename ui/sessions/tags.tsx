import { useEffect, useRef } from "preact/hooks";
import { may } from "../access/access.ts";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { useLeave } from "../parts/leave.ts";
import { texts } from "../texts/index.ts";
import { editingTags } from "./asking.ts";
import type { Known } from "./known.ts";
import { editTags, seldom } from "./later.ts";
import { setTags } from "./session-acts.ts";

const said = texts.sessions;

const TagInput = lazy(seldom, (part) => part.TagInput);

/** A session's tags, and where one changes them. */
export function Tags({ session: { session_id: id, tags } }: { session: Known }) {
  const box = useRef<HTMLSpanElement>(null);
  const isEdited = editingTags.value === id;
  const wasEdited = useRef(false);
  const end = () => {
    editingTags.value = null;
  };
  useLeave(box, end, isEdited);
  useEffect(() => {
    // Who ended it by a key goes on at the button.
    const isNowhere = document.activeElement === document.body;
    if (!isEdited && wasEdited.current && isNowhere) box.current?.querySelector("button")?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  return (
    <span class="session-tags" ref={box}>
      {isEdited ? (
        <TagInput tags={tags} onChange={(all) => void setTags(id, all)} onEnd={end} />
      ) : (
        <>
          {tags.map((tag) => (
            <span key={tag} class="chip tag" dir="auto">
              {tag}
            </span>
          ))}
          {may("sessions:write") && (
            <button
              type="button"
              class="chip add-tag"
              title={said.addTag}
              {...seldom.aimed}
              onClick={() => editTags(id)}
            >
              <Icon name="tag" />
              <span class={tags.length > 0 ? "for-readers" : undefined}>{said.addTag}</span>
            </button>
          )}
        </>
      )}
    </span>
  );
}
