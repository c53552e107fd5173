import { texts } from "../texts/index.ts";
import { CopyButton } from "./copy-button.tsx";

/** An id, which nobody types off. */
export const CopyId = ({ id }: { id: string }) => (
  <span class="copy-id">
    <code title={id}>{id}</code>
    <CopyButton label={texts.app.copy(id)} text={() => id} />
  </span>
);
