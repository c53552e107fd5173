import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { placeBeside } from "./placing.ts";

const CloseMenu = createContext(() => {});

/** A button that opens a list of things to do. Arrows go through it, Esc closes it and goes back to the button. */
export function Menu({
  label,
  icon = "more",
  children,
}: {
  label: string;
  icon?: IconName;
  children: ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    // In the top layer, so that nothing it stands in cuts it off.
    list.current?.showPopover();
    const place = () => placeList(button.current, list.current);
    place();
    itemsOf(list.current)[0]?.focus();
    const leave = (event: Event) => {
      const inside = event.target instanceof Node && list.current?.parentElement?.contains(event.target);
      if (!inside) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    addEventListener("scroll", place, { capture: true, passive: true });
    addEventListener("resize", place);
    return () => {
      removeEventListener("scroll", place, { capture: true });
      removeEventListener("resize", place);
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const items = itemsOf(list.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length]?.focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu">
      <IconButton
        buttonRef={button}
        icon={icon}
        label={label}
        popup="menu"
        expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <div
          ref={list}
          class="menu-list"
          popover="manual"
          role="menu"
          tabIndex={-1}
          aria-label={label}
          onKeyDown={onKeyDown}
        >
          <CloseMenu.Provider value={close}>{children}</CloseMenu.Provider>
        </div>
      )}
    </div>
  );
}

function placeList(button: HTMLElement | null, list: HTMLElement | null): void {
  if (button === null || list === null) return;
  const { innerWidth: width, innerHeight: height } = window;
  const isFromRight = getComputedStyle(list).direction === "rtl";
  const { top, left } = placeBeside(
    button.getBoundingClientRect(),
    { width: list.offsetWidth, height: list.offsetHeight },
    { width, height },
    isFromRight,
  );
  list.style.setProperty("top", `${top}px`);
  list.style.setProperty("left", `${left}px`);
}

const itemsOf = (list: HTMLElement | null) => [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];

export function MenuItem({
  icon,
  tone = "plain",
  checked,
  onChoose,
  children,
}: {
  icon?: IconName;
  tone?: "plain" | "danger";
  /** Of a choice: whether it is the one. */
  checked?: boolean;
  onChoose: () => void;
  children: ComponentChildren;
}) {
  const close = useContext(CloseMenu);
  const choose = () => {
    close();
    onChoose();
  };
  return (
    <button
      type="button"
      class={`menu-item ${tone}`}
      {...(checked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": checked })}
      tabIndex={-1}
      onClick={choose}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}
