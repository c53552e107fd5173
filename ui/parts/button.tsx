import type { ComponentChildren, Ref } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Common {
  onClick?: (event: MouseEvent) => void;
  /** What happens when somebody is about to use it. */
  aimed?: object;
  disabled?: boolean;
  /** While the server is asked: it does nothing, and keeps the focus. */
  isBusy?: boolean;
  type?: "button" | "submit";
  /** What the button does, beside its words; of a drawing alone, its name. */
  title?: string;
  icon?: IconName;
  pressed?: boolean;
  expanded?: boolean;
  /** What it opens. */
  popup?: "menu" | "dialog";
  class?: string;
  /** The one that has the focus when its dialog opens. */
  isFirst?: boolean;
  buttonRef?: Ref<HTMLButtonElement>;
}

/** A button with words. One on a screen is `primary`: what one came for. */
export function Button({
  tone = "plain",
  children,
  ...rest
}: Common & { tone?: "primary" | "plain" | "danger" | "quiet"; children: ComponentChildren }) {
  return (
    <button {...attributes(rest)} class={`button ${tone} ${rest.class ?? ""}`}>
      {rest.icon && <Icon name={rest.icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that is a drawing. Its label is its name for who does not see it, and its tip. */
export function IconButton({ label, icon, ...rest }: Common & { label: string; icon: IconName }) {
  return (
    <button {...attributes({ title: label, ...rest })} class={`icon-button ${rest.class ?? ""}`} aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}

const attributes = ({
  onClick,
  aimed,
  disabled,
  isBusy,
  type = "button",
  title,
  pressed,
  expanded,
  popup,
  isFirst,
  buttonRef,
}: Common) => ({
  type,
  title,
  disabled,
  onClick: isBusy ? undefined : onClick,
  ...(isBusy && { "aria-busy": true, "aria-disabled": true }),
  ...aimed,
  ...(isFirst && { autofocus: true }),
  ...(buttonRef !== undefined && { ref: buttonRef }),
  "aria-pressed": pressed,
  "aria-expanded": expanded,
  "aria-haspopup": popup,
});
