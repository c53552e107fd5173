import type { Inline } from "./read-block.ts";
import { wordsOf } from "./read-block.ts";

export const InlineView = ({ of }: { of: readonly Inline[] }) =>
  of.map((inline, nth) => (typeof inline === "string" ? inline : <Mark key={nth} mark={inline} />));

function Mark({ mark }: { mark: Exclude<Inline, string> }) {
  if (mark.kind === "break") return <br />;
  if (mark.kind === "code") return <code dir="ltr">{mark.text}</code>;
  const words = <InlineView of={mark.of} />;
  switch (mark.kind) {
    case "strong":
      return <strong>{words}</strong>;
    case "em":
      return <em>{words}</em>;
    case "del":
      return <del>{words}</del>;
    case "link":
      return (
        <a href={mark.href} target="_blank" rel="noopener noreferrer">
          {words}
          {mark.host !== null && <bdi class="host"> ({mark.host})</bdi>}
        </a>
      );
    case "target":
      return (
        <>
          {words}
          {mark.target !== wordsOf(mark.of) && <bdi class="host"> ({shortened(mark.target)})</bdi>}
        </>
      );
  }
}

const MOST_SHOWN = 80;

const shortened = (target: string): string => (target.length > MOST_SHOWN ? `${target.slice(0, MOST_SHOWN)}…` : target);
