import type { Stage } from "./support/stage.ts";

export function pageTests(_stage: Stage): void {}
