import { COMPONENTS, namedBodies, type Router } from "../shared/route.ts";
import { TAGS } from "../shared/tags.ts";
import { VERSION } from "./contract.ts";
import { withExamples } from "./examples.ts";

const DESCRIPTION = `Sessions that run: conversations with AI agents, kept, named and cached.
The HTTP API is AgentOS's, so its clients work unchanged; runs stream as server-sent events.
A query parameter that is empty, and a field of a body that is empty or null, is one that was left out, unless its description says otherwise; an empty \`user_id\` is refused. A JSON body is read as JSON whatever its content type says, in UTF-8, and fields that nobody knows are passed over where no schema forbids them.`;
const SECURITY_KEY = "SecurityKey";

/** The OpenAPI document of all routes that are mounted on an app. */
export function openApiDocument(app: Router, { asksForKey }: { asksForKey: boolean }) {
  for (const [name, schema] of namedBodies) {
    if (isMounted(app, name)) app.openAPIRegistry.register(name, schema);
  }
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Edge Sessions",
      version: VERSION,
      description: DESCRIPTION,
      contact: { name: "Edge Sessions" },
    },
    // Its own origin, whatever that is.
    servers: [{ url: "/" }],
    tags: usedTags(app),
    security: [{ [SECURITY_KEY]: [] }, ...(asksForKey ? [] : [{}])],
  });
  const scheme = {
    type: "http",
    scheme: "bearer",
    description:
      "The deployment's `OS_SECURITY_KEY`, a service account's token (`es_pat_…`), a client token (`es_ct_…`), or a JWT of the deployment's identity provider. Tokens act as their user, whatever `user_id` says, unless they hold `users:act`. Not needed in development without a key and without an identity provider.",
  };
  const components = { ...document.components, securitySchemes: { [SECURITY_KEY]: scheme } };
  // Of OpenAPI 3.1, which the types of the generator do not know.
  const license = { name: "Apache-2.0", identifier: "Apache-2.0" };
  return withExamples(bounded({ ...document, info: { ...document.info, license }, components }));
}

/** The tags of the mounted routes, in the order in which readers meet them. */
function usedTags(app: Router) {
  const used = app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? (definition.route.tags ?? []) : [],
  );
  return TAGS.filter(({ name }) => used.includes(name));
}

/** Whether a mounted route takes the body of this name. */
function isMounted(app: Router, name: string): boolean {
  return app.openAPIRegistry.definitions.some(
    (definition) =>
      definition.type === "route" &&
      JSON.stringify(definition.route.request?.body ?? null).includes(`"${COMPONENTS}${name}"`),
  );
}

/** Adds to every integer the bounds of what a number can hold; bounds that it has stay. */
function bounded<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(bounded) as Value;
  const fields = Object.entries(value).map(([name, field]) => [name, bounded(field)]);
  const isInteger = "type" in value && [value.type].flat().includes("integer") && !("anyOf" in value);
  const bounds = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  return { ...(isInteger && bounds), ...Object.fromEntries(fields) };
}
