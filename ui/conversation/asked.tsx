import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { memo } from "../parts/memo.ts";
import { texts } from "../texts/index.ts";

/** A longer message is folded: people paste logs. */
const FOLDED_CHARS = 1200;
const FOLDED_LINES = 16;
/** More than that is not seen of a folded one. */
const RENDERED_CHARS = 4000;

interface Said {
  text: string;
  /** Not accepted yet. */
  isPending?: boolean;
}

/** What a user said, letter for letter: what people write is no markdown. */
export const Asked = memo(AskedText);

function AskedText({ text, isPending = false }: Said) {
  return (
    <div class="asked" aria-busy={isPending}>
      <span class="for-readers">{texts.conversation.you}</span>
      <FoldedText text={text} />
    </div>
  );
}

/** A text as it is, folded where it is long. */
export function FoldedText({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > FOLDED_CHARS || text.split("\n", FOLDED_LINES + 1).length > FOLDED_LINES;
  return (
    <>
      <p class={isLong && !isWhole ? "plain folded" : "plain"} dir="auto">
        {isLong && !isWhole ? text.slice(0, RENDERED_CHARS) : text}
      </p>
      {isLong && (
        <Button tone="quiet" class="fold" expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? texts.calls.less : texts.calls.more}
        </Button>
      )}
    </>
  );
}
