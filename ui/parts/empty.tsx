import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

/** What a place without anything in it says: that it is empty, and what the next step is. */
export function Empty({
  icon,
  title,
  hint,
  children,
}: {
  icon: IconName;
  title: string;
  hint?: string | undefined;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}
