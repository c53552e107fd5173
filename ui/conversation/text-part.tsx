import { Markdown } from "../markdown/markdown.tsx";
import { memo } from "../parts/memo.ts";
import type { Part } from "./run-view.ts";

type Text = Extract<Part, { kind: "text" }>;

/** What an agent says. */
export const TextPart = memo(({ part }: { part: Text }) => <Markdown text={part.text} isOpen={part.isOpen} />);
