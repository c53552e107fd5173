// Serves this page, with types taken out of its modules as they are asked for: nothing is installed and nothing is built.
//   npm run example        (in the repository's root; `npm start` in another terminal)
// EDGE_SESSIONS is another server's address, PORT another port.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** The page, and the client package whose source it imports. */
const SERVED = ["examples/client/", "packages/client/src/"];
const TYPES: Record<string, string> = { ".html": "text/html", ".css": "text/css", ".ts": "text/javascript" };

function textOf(file: string): string {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  if (file.endsWith(".ts")) return stripTypeScriptTypes(text);
  return text.replace("http://127.0.0.1:8787", process.env.EDGE_SESSIONS ?? "http://127.0.0.1:8787");
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const file = pathname === "/" ? "examples/client/index.html" : path.posix.normalize(pathname).slice(1);
  const type = TYPES[path.extname(file)];
  try {
    if (type === undefined || !SERVED.some((folder) => file.startsWith(folder))) throw new Error("not served");
    const text = textOf(file);
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-store" }).end(text);
  } catch {
    response.writeHead(404).end();
  }
});

// The page of another origin that a development server lets call without CORS_ORIGINS.
server.listen(Number(process.env.PORT ?? 3000), "localhost", () => {
  const address = server.address();
  console.log(`The page: http://localhost:${typeof address === "object" ? address?.port : address}`);
});
