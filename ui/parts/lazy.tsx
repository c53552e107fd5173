import { type ReadonlySignal, signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { tell } from "../app/notices.ts";
import { isReached } from "../server/api.ts";
import { texts } from "../texts/index.ts";

/** A part of the page's code that comes when it is first asked for. */
export interface Part<T> {
  /** Null until it is there. */
  readonly there: ReadonlySignal<T | null>;
  /** Has it come, because it may be wanted soon. */
  prefetch(): void;
  /** The same for an element that leads to it, once somebody points at that. */
  readonly aimed: { onPointerEnter(): void; onFocus(): void };
  /** Does something with it once it is there. Null where it does not come, which a notice tells. */
  use<R>(act: (part: T) => R): Promise<Awaited<R> | null>;
}

export function later<T>(load: () => Promise<T>): Part<T> {
  const there = signal<T | null>(null);
  let coming: Promise<T> | null = null;
  const come = async (): Promise<T> => {
    coming ??= load();
    try {
      there.value = await coming;
      return there.value;
    } catch (error) {
      coming = null;
      throw error;
    }
  };
  const use = async <R,>(act: (part: T) => R): Promise<Awaited<R> | null> => {
    try {
      if (there.peek() === null) await come();
    } catch {
      tellMissing(() => void use(act));
      return null;
    }
    return await act(there.peek() as T);
  };
  const prefetch = () => void come().catch(() => {});
  return { there, use, prefetch, aimed: { onPointerEnter: prefetch, onFocus: prefetch } };
}

/** Where the server is there, and has no such file, another version of the page was deployed. */
function tellMissing(retry: () => void): void {
  const [text, label, run] = isReached.peek()
    ? [texts.app.newVersion, texts.app.reload, () => location.reload()]
    : [texts.failures.away, texts.app.retry, retry];
  tell({ tone: "wrong", text, act: { label, run } });
}

/** A component of a part. Until it is there `Before` stands in its place, or nothing. */
export function lazy<T, Props extends object>(
  part: Part<T>,
  pick: (there: T) => ComponentType<Props>,
  Before?: (props: Props) => VNode | null,
): (props: Props) => VNode | null {
  return function Lazy(props) {
    useLayoutEffect(() => void part.use(() => {}), []);
    const { value: there } = part.there;
    const Shown = there === null ? Before : pick(there);
    return Shown === undefined ? null : <Shown {...props} />;
  };
}
