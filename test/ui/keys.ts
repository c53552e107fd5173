import type { Stage } from "./support/stage.ts";

export function keysTests(_stage: Stage): void {}
