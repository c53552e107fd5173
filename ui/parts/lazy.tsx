import { type Signal, signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { tell } from "../app/notices.ts";
import { texts } from "../texts/index.ts";

/** A part of the page that comes when it is first shown. Where it does not come, another version of the page was deployed. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): (props: Props) => VNode | null {
  const loaded: Signal<ComponentType<Props> | null> = signal(null);
  return function Lazy(props) {
    useEffect(() => {
      if (loaded.peek() !== null) return;
      load().then(
        (component) => {
          loaded.value = component;
        },
        () =>
          tell({
            tone: "wrong",
            text: texts.app.newVersion,
            act: { label: texts.app.reload, run: () => location.reload() },
          }),
      );
    }, []);
    const Loaded = loaded.value;
    return Loaded === null ? null : <Loaded {...props} />;
  };
}
