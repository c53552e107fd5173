import type { Stage } from "./support/stage.ts";

export function conversationTests(_stage: Stage): void {}
