import type { Stage } from "./support/stage.ts";

export function detailsTests(_stage: Stage): void {}
