import type { Stage } from "./support/stage.ts";

export function looksTests(_stage: Stage): void {}
