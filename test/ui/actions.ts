import type { Stage } from "./support/stage.ts";

export function actionsTests(_stage: Stage): void {}
