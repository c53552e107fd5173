import type { Stage } from "./support/stage.ts";

export function approvalsTests(_stage: Stage): void {}
