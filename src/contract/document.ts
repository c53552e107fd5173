import { VERSION } from "./meta.ts";
import type { Router } from "./route.ts";

const DESCRIPTION = `Sessions that run: conversations with AI agents, kept, named and cached.
The HTTP API is AgentOS's, so its clients work unchanged; runs stream as server-sent events.`;
const SECURITY_KEY = "SecurityKey";

/** The OpenAPI document of an app: all that is mounted on it. */
export function openApiDocument(app: Router) {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Edge Sessions", version: VERSION, description: DESCRIPTION },
    security: [{ [SECURITY_KEY]: [] }],
  });
  const scheme = {
    type: "http",
    scheme: "bearer",
    description: "The deployment's OS_SECURITY_KEY. Not needed in development without one.",
  };
  return { ...document, components: { ...document.components, securitySchemes: { [SECURITY_KEY]: scheme } } };
}
