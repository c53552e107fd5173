import type { Stage } from "./support/stage.ts";

export function accessTests(_stage: Stage): void {}
