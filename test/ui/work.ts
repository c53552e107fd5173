import type { Stage } from "./support/stage.ts";

export function workTests(_stage: Stage): void {}
