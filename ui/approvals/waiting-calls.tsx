import { useRef } from "preact/hooks";
import type { OpenRequirement } from "../../packages/client/src/index.ts";
import type { RunView } from "../conversation/run-view.ts";
import { lazy } from "../parts/lazy.tsx";
import { approvals } from "./later.ts";

const SeenCalls = lazy(
  approvals,
  (part) => part.SeenCalls,
  () => <div class="asks-loading" aria-busy="true" />,
);

/**
 * What a run waits for, in its conversation. To be rendered with each run, whatever its status: what was shown as open stays,
 * with what became of it, when the run goes on because somebody has answered, here or elsewhere.
 */
export function WaitingCalls({ run }: { run: RunView }) {
  const seen = useRef(new Map<string, OpenRequirement>());
  for (const one of run.waitsFor) seen.current.set(one.id, one);
  if (seen.current.size === 0) return null;
  return <SeenCalls run={run} seen={[...seen.current.values()]} />;
}
