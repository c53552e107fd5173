import type { Model, ModelMessage, ModelRequest } from "../../domain/model.ts";
import type { Prompt } from "../prompt/prompt.ts";
import { type LeftOut, NOTHING_LEFT_OUT, requestMessages } from "../prompt/request.ts";
import { validMessages } from "../prompt/valid-messages.ts";
import type { DriveDependencies } from "./dependencies.ts";

type RequestDependencies = Pick<DriveDependencies, "tools"> & { limits: { maxToolRounds: number } };

/** What a request is made of; `toolRounds` is how often tools have run before it. */
interface Parts {
  prompt: Prompt;
  produced: readonly ModelMessage[];
  left: LeftOut;
  toolRounds: number;
}

/** A request of a run, but for its digests. */
export function modelRequest(parts: Parts, { tools, limits }: RequestDependencies): ModelRequest {
  const messages = validMessages(requestMessages(parts.prompt, parts.produced, parts.left), tools);
  return { messages, tools, toolChoice: parts.toolRounds < limits.maxToolRounds ? "auto" : "none" };
}

/** The request as it is sent: if another model can answer, it is not sent again to one that is away. */
export const sentRequest = (request: ModelRequest, next: Model | null): ModelRequest =>
  next === null ? request : { ...request, maxRetries: 0 };

/** What a run asks its model first, but for the digests. */
export function firstRequest(model: Model, prompt: Prompt, deps: RequestDependencies): ModelRequest {
  const request = modelRequest({ prompt, produced: [], left: prompt.refused ?? NOTHING_LEFT_OUT, toolRounds: 0 }, deps);
  return sentRequest(request, model.fallbacks?.[0] ?? null);
}
