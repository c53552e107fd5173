import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The field that one goes on with where it appears: it has the focus at once. */
export function useFirstFocus<T extends HTMLElement>(): RefObject<T | null> {
  const field = useRef<T>(null);
  useEffect(() => field.current?.focus(), []);
  return field;
}
