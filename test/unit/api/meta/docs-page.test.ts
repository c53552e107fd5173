import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

// What the page at /docs makes of what is typed. Its script stands in the page, so it is run here without one.

const page = readFileSync(path.join(import.meta.dirname, "../../../../src/api/meta/docs.html"), "utf8");
const script = /<script nonce="\{\{nonce\}\}">([\s\S]*)<\/script>/.exec(page)?.[1] ?? "";

interface Request {
  path: string;
  query: [string, string][];
  headers: Record<string, string>;
  body?: string;
}
interface Functions {
  asked(path: string, typed: { parameter: object; text: string }[], body?: { type: string; text: string }): Request;
  urlOf(request: Request): string;
  curlOf(method: string, request: Request, caller: { origin: string; hasCredential: boolean }): string;
  clientOf(method: string, request: Request, operation: { isStream: boolean }): string;
}
const never = new Promise(() => {});
const { asked, urlOf, curlOf, clientOf }: Functions = new Function(
  "document",
  "fetch",
  `${script}; return { asked, urlOf, curlOf, clientOf };`,
)({ querySelector: () => null }, () => never);

const parameter = (name: string, at: string, type = "string") => ({ name, in: at, schema: { type } });
const typed = (name: string, at: string, text: string, type?: string) => ({
  parameter: parameter(name, at, type),
  text,
});
const caller = { origin: "https://sessions.test", hasCredential: true };

describe("the page at /docs", () => {
  it("is one file of at most 30 KB that asks for nothing from elsewhere", () => {
    expect(page.length).toBeLessThan(30 * 1024);
    expect(page).not.toMatch(/https?:\/\/|innerHTML|document\.write|\bimport\b|\bon[a-z]+=|style="| src=/);
  });

  it("asks for what is typed, and leaves out what is empty", () => {
    const request = asked("/sessions/{session_id}/runs", [
      typed("session_id", "path", "a/b ü"),
      typed("limit", "query", "3"),
      typed("before", "query", ""),
      typed("status", "query", "ERROR, PAUSED", "array"),
      typed("If-Match", "header", '"a-1"'),
    ]);
    expect(urlOf(request)).toBe("/sessions/a%2Fb%20%C3%BC/runs?limit=3&status=ERROR&status=PAUSED");
    expect(request.headers).toEqual({ "If-Match": '"a-1"' });
    expect(urlOf(asked("/agents", []))).toBe("/agents");
  });

  it("writes it for a shell, whatever is in it, and never the credential", () => {
    const body = { type: "application/json", text: `{"message": "It's $HOME"}` };
    const request = asked("/agents/{agent_id}/runs", [typed("agent_id", "path", "assistant")], body);
    expect(curlOf("POST", request, caller)).toBe(
      [
        "curl -N -X POST 'https://sessions.test/agents/assistant/runs'",
        '-H "Authorization: Bearer $TOKEN"',
        "-H 'Content-Type: application/json'",
        `--data-binary '{"message": "It'\\''s $HOME"}'`,
      ].join(" \\\n  "),
    );
    expect(curlOf("GET", asked("/health", []), { ...caller, hasCredential: false })).toBe(
      "curl -N 'https://sessions.test/health'",
    );
  });

  it("writes it for the client: values as JSON, a stream opened, content types that are not plain JSON said", () => {
    const wait = (its: string) => its.replaceAll(/\s+/g, " ");
    const get = asked("/sessions", [typed("limit", "query", "3"), typed("tags", "query", "a,b", "array")]);
    expect(wait(clientOf("GET", get, { isStream: false }))).toBe(
      'const { data } = await es.request("GET", "/sessions", { "query": { "limit": "3", "tags": [ "a", "b" ] } });',
    );
    const run = asked("/agents/assistant/runs", [], { type: "application/json", text: '{"message": "Hi"}' });
    expect(wait(clientOf("POST", run, { isStream: true }))).toBe(
      'const response = await es.open("POST", "/agents/assistant/runs", { "body": { "message": "Hi" } });',
    );
    const patch = asked("/sessions/s", [], { type: "application/merge-patch+json", text: '{"metadata": null}' });
    expect(wait(clientOf("PATCH", patch, { isStream: false }))).toBe(
      'const { data } = await es.request("PATCH", "/sessions/s", { "body": { "metadata": null }, "headers": { "Content-Type": "application/merge-patch+json" } });',
    );
    const lines = asked("/import", [], { type: "application/x-ndjson", text: '{"a":1}\n{"b":2}' });
    expect(wait(clientOf("POST", lines, { isStream: false }))).toContain(`"body": "{\\"a\\":1}\\n{\\"b\\":2}"`);
    expect(clientOf("GET", asked("/health", []), { isStream: false })).toBe(
      'const { data } = await es.request("GET", "/health");',
    );
  });
});
