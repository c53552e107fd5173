import { newRouter } from "../contract/route.ts";
import page from "./docs.html";

/** The document and the page that shows it. Both are about the API and no part of it, so the document has neither. */
export function docsRouter(document: () => object) {
  const router = newRouter();
  let text: string | undefined;

  router.get("/openapi.json", (c) => {
    text ??= JSON.stringify(document());
    return c.body(text, 200, { "Content-Type": "application/json" });
  });

  router.get("/docs", (c) => {
    const nonce = crypto.randomUUID();
    return c.html(page.replaceAll("{{nonce}}", nonce), 200, { "Content-Security-Policy": pagePolicy(nonce) });
  });
  return router;
}

/** The page's own style and script, answers of this server, and nothing else. */
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
