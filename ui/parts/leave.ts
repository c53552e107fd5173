import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Calls `onLeave` when somebody goes on outside of the element, by pointer or by key, as long as `isOpen`. */
export function useLeave(element: RefObject<Element | null>, onLeave: () => void, isOpen = true): void {
  const newest = useRef(onLeave);
  newest.current = onLeave;
  useEffect(() => {
    if (!isOpen) return;
    const leave = ({ target }: Event) => {
      // What a click has taken away was inside, or was not: nobody knows any more.
      if (target instanceof Element && target.isConnected && !element.current?.contains(target)) newest.current();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);
}
