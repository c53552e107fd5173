import type { Stage } from "./support/stage.ts";

export function liveTests(_stage: Stage): void {}
