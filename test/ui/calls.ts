import type { Stage } from "./support/stage.ts";

export function callsTests(_stage: Stage): void {}
