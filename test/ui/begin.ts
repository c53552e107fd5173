import type { Stage } from "./support/stage.ts";

export function beginTests(_stage: Stage): void {}
