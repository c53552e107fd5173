import type { ModelProvider } from "../domain/model-choice.ts";

/**
 * The servers that agents' models may name, beside the deployment's own one (OPENAI_BASE_URL, OPENAI_API_KEY). Each is sent
 * its own key only, which the secret with this name holds. For example:
 *
 *   { name: "Mistral", baseUrl: "https://api.mistral.ai/v1", secret: "MISTRAL_API_KEY" },
 */
export const providers: readonly ModelProvider[] = [];
