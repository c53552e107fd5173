import { MAX_COMPONENT_NAME_BYTES } from "../../domain/limits.ts";
import { MODEL_APIS, type ModelProvider } from "../../domain/model-choice.ts";

/** What is wrong with the list of providers, as a sentence for the deployer; null when nothing is. */
export function providersProblem(providers: readonly ModelProvider[]): string | null {
  for (const [nth, provider] of providers.entries()) {
    const problem = providerProblem(provider, providers.slice(0, nth));
    if (problem !== null) return problem;
  }
  return null;
}

function providerProblem(
  { name, baseUrl, secret, api }: ModelProvider,
  before: readonly ModelProvider[],
): string | null {
  const called = `Provider '${name}'`;
  if (typeof name !== "string" || name.trim() === "") return "A provider has an empty name. Give it one.";
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > MAX_COMPONENT_NAME_BYTES) {
    return `A provider has a name of ${bytes} bytes. At most ${MAX_COMPONENT_NAME_BYTES} are taken.`;
  }
  if (before.some((other) => other.name === name)) return `${called} is listed twice. Give one another name.`;
  const url = URL.parse(baseUrl);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    return `${called} has the baseUrl '${baseUrl}'. It must be an http or https URL.`;
  }
  if (secret !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(secret)) {
    return `${called} has a secret that is no name of a variable. Write the name of the secret, not the key.`;
  }
  if (api !== undefined && !MODEL_APIS.includes(api)) {
    return `${called} has the unknown api '${api}'. The APIs are ${MODEL_APIS.join(" and ")}.`;
  }
  const sharing = before.find(
    (other) => secret !== undefined && other.secret === secret && originOf(other) !== url.origin,
  );
  return sharing === undefined
    ? null
    : `Providers '${sharing.name}' and '${name}' have the same secret ${secret}, and are different servers. A key goes to one server only.`;
}

const originOf = ({ baseUrl }: ModelProvider): string | undefined => URL.parse(baseUrl)?.origin;
