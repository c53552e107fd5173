import { Component, type ComponentChild } from "preact";

/** A view that is rendered again only if something that it is given is another thing. */
export function memo<P extends object>(View: (props: P) => ComponentChild) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before: P = this.props;
      return (Object.keys({ ...before, ...next }) as (keyof P)[]).some((name) => before[name] !== next[name]);
    }

    override render() {
      return View(this.props);
    }
  };
}
