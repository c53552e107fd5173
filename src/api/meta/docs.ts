import { authModeOf } from "../../http/auth.ts";
import { routeScope } from "../../http/scope.ts";
import { newRouter } from "../shared/route.ts";
import page from "./docs.html";

/** The OpenAPI document, and the page that shows it. Neither is part of the API, so the document names neither. */
export function docsRouter(document: (asksForKey: boolean) => object) {
  const router = newRouter();
  const texts = new Map<boolean, string>();

  router.get("/openapi.json", routeScope("open"), (c) => {
    const asksForKey = authModeOf(c.get("config")) !== "none";
    const text = texts.get(asksForKey) ?? JSON.stringify(document(asksForKey));
    texts.set(asksForKey, text);
    return c.body(text, 200, { "Content-Type": "application/json" });
  });

  router.get("/docs", routeScope("open"), (c) => {
    const nonce = crypto.randomUUID();
    return c.html(page.replaceAll("{{nonce}}", nonce), 200, { "Content-Security-Policy": pagePolicy(nonce) });
  });
  return router;
}

/** Lets the page use its own style and script and this server's answers, and nothing else. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
