import { CopyButton } from "../parts/copy-button.tsx";
import { texts } from "../texts/index.ts";
import { InlineView } from "./inline-view.tsx";
import type { Block, Cell } from "./read-block.ts";

/** So much of a block of code is shown. Copy has all of it. */
const SHOWN_CODE_CHARS = 100_000;

export function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "paragraph":
      return (
        <p dir="auto">
          <InlineView of={block.of} />
        </p>
      );
    case "line":
      return <InlineView of={block.of} />;
    case "heading":
      return <Heading level={block.level} of={block.of} />;
    case "code":
      return <Code text={block.text} language={block.language} />;
    case "quote":
      return (
        <blockquote dir="auto">
          <Blocks of={block.of} />
        </blockquote>
      );
    case "list":
      return <List list={block} />;
    case "table":
      return <Table table={block} />;
    case "rule":
      return <hr />;
    case "plain":
      return (
        <p class="plain" dir="auto">
          {block.text}
        </p>
      );
  }
}

// What stands in a text only ever grows at its end, so a place in it is a name.
const Blocks = ({ of }: { of: readonly Block[] }) => of.map((block, nth) => <BlockView key={nth} block={block} />);

function Heading({
  level,
  of,
}: Extract<Block, { kind: "heading" }> | Omit<Extract<Block, { kind: "heading" }>, "kind">) {
  const Tag = `h${level}` as const;
  return (
    // A text may begin with any of them. For who hears the page they stand below its title, and skip nothing.
    <Tag dir="auto" aria-level={2}>
      <InlineView of={of} />
    </Tag>
  );
}

function Code({ text, language }: { text: string; language: string | null }) {
  const isCut = text.length > SHOWN_CODE_CHARS;
  return (
    <figure class="code" dir="ltr">
      <figcaption>
        <span>{language ?? texts.markdown.code}</span>
        <CopyButton label={texts.markdown.copyCode} text={() => text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre tabIndex={0}>
        <code>{isCut ? text.slice(0, SHOWN_CODE_CHARS) : text}</code>
      </pre>
      {isCut && <p class="hint">{texts.calls.cut(SHOWN_CODE_CHARS, text.length)}</p>}
    </figure>
  );
}

function List({ list: { start, items } }: { list: Extract<Block, { kind: "list" }> }) {
  const entries = items.map(({ isDone, of }, nth) => (
    <li key={nth} class={isDone === null ? undefined : "task-item"}>
      {isDone !== null && (
        <input
          type="checkbox"
          checked={isDone}
          disabled
          aria-label={isDone ? texts.markdown.done : texts.markdown.notDone}
        />
      )}
      {isDone === null ? (
        <Blocks of={of} />
      ) : (
        <div>
          <Blocks of={of} />
        </div>
      )}
    </li>
  ));
  return start === null ? (
    <ul dir="auto">{entries}</ul>
  ) : (
    <ol start={start} dir="auto">
      {entries}
    </ol>
  );
}

function Table({ table: { head, rows } }: { table: Extract<Block, { kind: "table" }> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <figure class="table" tabIndex={0} aria-label={texts.markdown.table}>
      <table>
        <thead>
          <tr>{cells(head, true)}</tr>
        </thead>
        <tbody>
          {rows.map((row, nth) => (
            <tr key={nth}>{cells(row, false)}</tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

const cells = (row: readonly Cell[], isHead: boolean) => {
  const Tag = isHead ? "th" : "td";
  return row.map(({ align, of }, nth) => (
    <Tag key={nth} class={align ?? undefined} dir="auto">
      <InlineView of={of} />
    </Tag>
  ));
};
