import type { Stage } from "./support/stage.ts";

export function searchTests(_stage: Stage): void {}
