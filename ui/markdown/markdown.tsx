import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { memo } from "../parts/memo.ts";
import { texts } from "../texts/index.ts";
import { BlockView } from "./block-view.tsx";
import { GrowingText, type RawBlock } from "./growing-text.ts";
import { readBlocks } from "./read-block.ts";

/** What a model wrote, as Markdown. `isOpen`: more of it may come. Where a text is long, the page draws in between. */
export function Markdown({ text, isOpen }: { text: string; isOpen: boolean }) {
  const [growing] = useState(() => new GrowingText());
  const [, readOn] = useState({});
  const isWhole = growing.grow(text, isOpen);
  useEffect(() => {
    if (isWhole) return;
    const frame = requestAnimationFrame(() => readOn({}));
    return () => cancelAnimationFrame(frame);
  });
  return (
    <div class="markdown" dir="auto">
      {growing.pages.map((blocks, nth) => (
        // Pages are only ever added.
        <Page key={nth} blocks={blocks} />
      ))}
      {growing.rest !== "" && <p class="plain">{growing.rest}</p>}
      {growing.left > 0 && (
        <Button
          onClick={() => {
            growing.showMore();
            readOn({});
          }}
        >
          {texts.markdown.more(growing.left)}
        </Button>
      )}
    </div>
  );
}

const Page = memo(({ blocks }: { blocks: readonly RawBlock[] }) => (
  <div class="blocks">
    {blocks.map((block) => (
      <ReadBlock key={block.at} block={block} />
    ))}
  </div>
));

const ReadBlock = memo(({ block: { raw, isPlain, links } }: { block: RawBlock }) =>
  (isPlain ? [{ kind: "plain", text: raw } as const] : readBlocks(raw, links)).map((block, nth) => (
    <BlockView key={nth} block={block} />
  )),
);
