import { describe, expect, it } from "vitest";
import { deployed, smallApp } from "../../support/small-app.ts";

const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

/** The platform's server of files, as a deployment binds it. `answers` are told one after the other, the last one for ever. */
function filesThat(...answers: (() => Response | Promise<Response>)[]) {
  const asked: string[] = [];
  const fetch = async (url: URL) => {
    asked.push(url.pathname);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer?.() ?? new Response(null, { status: 404 });
  };
  return { asked, ASSETS: { fetch } };
}

const there = () => new Response(null, { status: 200 });
const away = () => new Response(null, { status: 404 });
const broken = () => new Response(null, { status: 500 });
const dead = () => Promise.reject(new Error("the files are out of reach"));

/** A deployment with a key: who opens its address has none yet. */
function at(vars: object) {
  const { request } = smallApp({ vars: { ...deployed, ...vars } });
  return (headers: Record<string, string> = {}, method = "GET") => request("/", { method, headers });
}

describe("GET /, where the page is there", () => {
  it("leads a browser to it, without a credential", async () => {
    const answer = await at(filesThat(there))(BROWSER);
    expect(answer.status).toBe(302);
    expect(answer.headers.get("Location")).toBe("/ui/");
    expect(await answer.text()).toBe("");
  });

  it("answers HEAD as it answers GET", async () => {
    const answer = await at(filesThat(there))(BROWSER, "HEAD");
    expect(answer.status).toBe(302);
    expect(answer.headers.get("Location")).toBe("/ui/");
  });

  it.each([undefined, "*/*", "application/json"])("tells everybody else what this is: %s", async (accept) => {
    const files = filesThat(there);
    const answer = await at(files)(accept === undefined ? {} : { Accept: accept });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ name: "AgentOS API" });
    expect(files.asked).toEqual([]);
  });

  it("says of either answer that it depends on what is asked for, and lets nobody keep it", async () => {
    const request = at(filesThat(there));
    for (const answer of [await request(BROWSER), await request()]) {
      expect(answer.headers.get("Vary")?.split(", ")).toContain("Accept");
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
  });

  it("asks for the page once", async () => {
    const files = filesThat(there);
    const request = at(files);
    for (let times = 0; times < 3; times++) expect((await request(BROWSER)).status).toBe(302);
    expect(files.asked).toEqual(["/ui/"]);
  });
});

describe("GET /, where the page is left out", () => {
  it.each([
    ["nothing serves files", {}],
    ["there is no such file", filesThat(away)],
  ])("tells a browser too what this is: %s", async (_, vars) => {
    const answer = await at(vars)(BROWSER);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ name: "AgentOS API" });
    expect(answer.headers.get("Vary")?.split(", ")).toContain("Accept");
  });

  it.each([
    ["they fail", broken],
    ["they are out of reach", dead],
  ])("looks again the next time where the files did not say so: %s", async (_, problem) => {
    const request = at(filesThat(problem, there));
    expect((await request(BROWSER)).status).toBe(200);
    expect((await request(BROWSER)).status).toBe(302);
  });
});
