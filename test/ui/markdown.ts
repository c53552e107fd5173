import type { Stage } from "./support/stage.ts";

export function markdownTests(_stage: Stage): void {}
