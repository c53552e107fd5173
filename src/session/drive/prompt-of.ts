import type { Message } from "../../domain/message.ts";
import type { Component } from "../../domain/team.ts";
import { buildPrompt, type Prompt } from "../../engine/prompt/prompt.ts";
import { type Refusal, refusedBefore } from "../../engine/prompt/refusal.ts";
import type { WindowRun } from "../../engine/prompt/window.ts";

interface Prompted {
  input: readonly Message[];
  component: Component;
  history: WindowRun[];
}

/** What the model with this source sees of a top-level run: without what its provider has refused before. */
export function promptOf(
  memory: { refusal(source: string): Refusal | null },
  source: string,
  { input, component, history }: Prompted,
): Prompt {
  return buildPrompt(input, component, { history, refused: refusedBefore(memory.refusal(source), history) });
}
