import { useState } from "preact/hooks";
import { texts } from "../texts/index.ts";
import type { Json } from "./merge-patch.ts";

/** So many entries of one object or list are shown at once. */
const SHOWN = 100;

/** JSON as a tree, in which each object and list can be opened. */
export function JsonTree({ value, depth = 0 }: { value: Json; depth?: number }) {
  const [shown, setShown] = useState(SHOWN);
  if (typeof value !== "object" || value === null) return <Leaf value={value} />;
  const entries = Object.entries(value);
  return (
    <ul class="tree">
      {entries.slice(0, shown).map(([key, one]) => (
        <li key={key}>
          <Entry name={key} value={one ?? null} depth={depth} />
        </li>
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" class="link" onClick={() => setShown(shown + SHOWN)}>
            {texts.details.moreEntries(entries.length - shown)}
          </button>
        </li>
      )}
    </ul>
  );
}

function Entry({ name, value, depth }: { name: string; value: Json; depth: number }) {
  // The first level is open; what nobody opens is not rendered.
  const [isOpen, setOpen] = useState(depth === 0);
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    return (
      <>
        <Key name={name} />
        <Leaf value={value} />
      </>
    );
  }
  const count = Object.keys(value).length;
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Key name={name} />
        <span class="hint">{Array.isArray(value) ? `[${count}]` : `{${count}}`}</span>
      </summary>
      {isOpen && <JsonTree value={value} depth={depth + 1} />}
    </details>
  );
}

const Key = ({ name }: { name: string }) => (
  <span class="tree-key" dir="auto">
    {name}
  </span>
);

const Leaf = ({ value }: { value: Json }) => (
  <span class={`tree-leaf ${typeof value}`} dir="auto">
    {typeof value === "string" && value !== "" ? value : JSON.stringify(value)}
  </span>
);
