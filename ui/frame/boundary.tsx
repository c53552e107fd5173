import { Component, type ComponentChildren } from "preact";
import { Failure } from "../parts/failure.tsx";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";

/** Keeps the rest of the page where a part of it fails. `of` begins again with another value. */
export class Boundary extends Component<
  { of: string; children: ComponentChildren },
  { failed: { error: unknown } | null }
> {
  override state = { failed: null };

  static override getDerivedStateFromError(error: unknown) {
    console.error(error);
    return { failed: { error } };
  }

  override componentDidUpdate(before: { of: string }) {
    if (before.of !== this.props.of && this.state.failed !== null) this.setState({ failed: null });
  }

  override render() {
    const { failed } = this.state as { failed: { error: unknown } | null };
    if (failed === null) return this.props.children;
    return (
      <Failure what={texts.app.crashed} told={toldOf(failed.error)} onRetry={() => this.setState({ failed: null })} />
    );
  }
}
