import { useEffect, useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { tell } from "../app/notices.ts";
import { texts } from "../texts/index.ts";
import { IconButton } from "./button.tsx";

const SHOWN_MS = 1500;

/** Copies what `text` gives when it is pressed, and shows that it did. */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    copyText(text()).then(
      () => {
        setCopied(true);
        announce(texts.calls.copied);
      },
      () => tell({ tone: "wrong", text: texts.calls.notCopied }),
    );
  };
  return <IconButton icon={isCopied ? "check" : "copy"} label={isCopied ? texts.calls.copied : label} onClick={copy} />;
}

/** A page that was not opened over HTTPS has no clipboard, and a browser may refuse it. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard === undefined) throw new Error("no clipboard");
  await navigator.clipboard.writeText(text);
}
