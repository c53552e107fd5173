import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { EdgeSessions } from "../../packages/client/src/index.ts";
import { PROJECT_DIR, recordOutput, spawnWrangler } from "../../scripts/server/wrangler.ts";
import { introduction } from "../../scripts/start/introduction.ts";
import { onPage } from "../browser/support/browser-page.ts";
import { inboxTest } from "./support/inbox-page.ts";
import { withoutInbox, withStart } from "./support/own-server.ts";
import { KEY, type Stage } from "./support/stage.ts";

const BROWSER = { Accept: "text/html,application/xhtml+xml" };
const BUILT = path.join(PROJECT_DIR, "public/ui");
const KB = 1024;
/** Of script, gzipped: what the page begins with, with that what shows a conversation, and all that may come. */
const MAX_START_BYTES = 34 * KB;
const MAX_CONVERSATION_BYTES = 60 * KB;
const MAX_SCRIPT_BYTES = 96 * KB;
const MAX_STYLE_BYTES = 10 * KB;
/** Ways to have the page run a text: each wants what the page's policy lets nobody make. */
const DANGEROUS_ACTS = [
  'document.createElement("b").innerHTML = "<i>x</i>"',
  'document.createElement("script").text = "window.hasRun = true"',
  'document.createElement("script").src = "/ui/assets/x.js"',
];
/** What the page's policy has to say, whatever else it says. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

export function pageTests(stage: Stage): void {
  test("i2, i7, 29 the first minute: npm start says where to go, and there are examples that one click removes", async () => {
    await withStart(async ({ url, output }) => {
      const [first = ""] = output().trimStart().split("\n");
      assert.ok(first.includes(url), first);
      assert.match(output().slice(-400), new RegExp(`Inbox: ${url}/ui/`));
      const api = new EdgeSessions({ baseUrl: url, token: "" });
      const idsOf = async (type?: "team") =>
        (await api.sessions.list({ ...(type && { type }) }).first(100)).map(({ session_id: id }) => id);
      await onPage({ browser: stage.browser, name: "ui first minute", expected: /422/ }, url, async (page) => {
        assert.equal(new URL(page.url()).pathname, "/ui/");
        await page.getByText("No key is set").waitFor();
        const told = (text: string) => page.locator(".notice").filter({ hasText: text });
        await page.route(
          /\/teams\/[^/]+\/runs/,
          (route) => route.fulfill({ status: 422, json: { detail: "Staged." } }),
          {
            times: 1,
          },
        );
        await page.getByRole("button", { name: "Look around" }).click();
        await told("Not all examples were made. Staged.").waitFor();
        await page.getByRole("button", { name: "Retry" }).click();
        await told("The examples are there").waitFor();
        await page.getByRole("link", { name: /Delete a customer.*1 waits for you/ }).waitFor();
        // What one goes on with by keyboard.
        await page.locator("a.row:focus").filter({ hasText: "Delete a customer" }).waitFor();
        assert.equal((await idsOf()).length, 8);
        const { data: team } = await api.sessions.get((await idsOf("team"))[0] ?? "");
        assert.equal(team.team_id, "support");
        const open = await api.requirements.list().first(10);
        assert.deepEqual(
          open.map(({ tool_execution: call }) => call?.tool_name),
          ["delete_record"],
        );
        // A person's own tag, and a copy that a person has made of an example.
        const { data: own } = await api.sessions.create({ tags: ["example"], session_name: "Mine" });
        const forked = open[0]?.session_id ?? "";
        const { data: fork } = await api.request<{ session_id: string }>(
          "POST",
          `/agents/operator/sessions/${forked}/fork`,
          { userId: "grace" },
        );
        await page.getByRole("button", { name: "Remove the examples" }).click();
        await told("8 examples removed.").waitFor();
        await page.getByRole("link", { name: /Mine/ }).waitFor();
        await page.locator("a:focus").waitFor();
        assert.deepEqual((await idsOf()).sort(), [own.session_id, fork.session_id].sort());
      });
    });
  });

  test("i2 the server's address leads a browser to the inbox, and everybody else to what it is", async () => {
    const told = await introduction(stage.url, "development", KEY);
    assert.match(told ?? "", new RegExp(`Inbox: ${stage.url}/ui/`));
    for (const Accept of ["*/*", "application/json"]) {
      const answer = await fetch(stage.url, { headers: { Accept } });
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /AgentOS API/);
    }
    const { status, headers } = await fetch(stage.url, { headers: BROWSER, redirect: "manual" });
    assert.equal(status, 302);
    assert.ok(headers.get("Vary")?.split(", ").includes("Accept"));
    await onPage({ browser: stage.browser, name: "ui i2", expected: /401/ }, stage.url, async (page) => {
      await page.getByLabel("Key or token").waitFor();
      assert.equal(new URL(page.url()).pathname, "/ui/");
    });
  });

  inboxTest(stage, "29 with no key configured the page says who can read it", {}, async ({ page }) => {
    const warning = page.getByText("No key is set");
    await page.getByRole("heading", { name: "All" }).waitFor();
    assert.equal(await warning.count(), 0);
    await page.route("**/info", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), auth_mode: "none" } });
    });
    await page.reload();
    await warning.waitFor();
  });

  inboxTest(
    stage,
    "27 the page's policy is in force",
    { expected: /Trusted|Content Security Policy/ },
    async ({ page }) => {
      const { headers } = await fetch(`${stage.url}/ui/`);
      const policy = headers.get("Content-Security-Policy")?.split("; ") ?? [];
      assert.deepEqual(
        POLICY.filter((rule) => !policy.includes(rule)),
        [],
      );
      assert.equal(headers.get("Cache-Control"), "no-cache");
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
      assert.equal(headers.get("Referrer-Policy"), "no-referrer");
      for (const act of DANGEROUS_ACTS) {
        const came = await page.evaluate(
          `(() => { try { ${act}; return "done" } catch (error) { return error.name } })()`,
        );
        assert.equal(came, "TypeError", act);
      }
    },
  );

  test("27 what is served under a name of its own is kept, the page itself is asked for each time", async () => {
    const text = await (await fetch(`${stage.url}/ui/`)).text();
    const named = text.match(/\/ui\/assets\/[\w.-]+/g) ?? [];
    assert.equal(named.length, 2);
    for (const one of named) {
      const { status, headers } = await fetch(stage.url + one);
      assert.equal(status, 200);
      assert.equal(headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    }
    const gone = await fetch(`${stage.url}/ui/assets/main-OLD.js`);
    assert.equal(gone.ok, false);
    assert.doesNotMatch(gone.headers.get("Cache-Control") ?? "", /immutable/);
  });

  test("37 the page begins with 34 KB of script, talks with 60, and has 96 at most; 10 KB of style, and one drawing", () => {
    const files = readdirSync(BUILT, { recursive: true, encoding: "utf8" }).filter((file) => path.extname(file) !== "");
    const read = (file: string) => readFileSync(path.join(BUILT, file));
    const bytesOf = (some: Iterable<string>) =>
      [...some].map((file) => gzipSync(read(file), { level: 9 }).length).reduce((sum, bytes) => sum + bytes, 0);
    const isWithin = (bytes: number, most: number, what: string) =>
      assert.ok(bytes > most / 2 && bytes <= most, `${what}: ${bytes} bytes of ${most}`);
    const scripts = files.filter((file) => file.endsWith(".js"));
    const page = String(read("index.html"));
    /** The scripts that the page names, and those whose names begin so, with all that they cannot do without. */
    const withNeeded = (...names: string[]): Set<string> => {
      const isNamed = (file: string) =>
        page.includes(path.basename(file)) || names.some((name) => path.basename(file).startsWith(`${name}-`));
      const needed = new Set(scripts.filter(isNamed));
      for (const file of needed) {
        for (const [, other = ""] of String(read(file)).matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+)"/g)) {
          needed.add(path.join(path.dirname(file), other));
        }
      }
      return needed;
    };
    const start = withNeeded();
    isWithin(bytesOf(start), MAX_START_BYTES, "start");
    isWithin(bytesOf(withNeeded("conversation-screen")), MAX_CONVERSATION_BYTES, "start and conversation");
    isWithin(bytesOf(scripts), MAX_SCRIPT_BYTES, "all script");
    isWithin(bytesOf(files.filter((file) => file.endsWith(".css"))), MAX_STYLE_BYTES, "style");
    // All that the page begins with is asked for at once: the page names it.
    assert.deepEqual(
      [...start].filter((file) => !page.includes(path.basename(file))),
      [],
    );
    assert.ok(start.size <= 3, `${start.size} requests`);
    const others = files.filter((file) => !/\.(js|css)(\.map)?$/.test(file)).sort();
    assert.deepEqual(others, ["icon.svg", "index.html", "licenses.txt"]);
  });

  test("29, 38 the Worker has no module of the page in it, and is the same one where the inbox is left out", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "edge-sessions-bundle-"));
    try {
      const [bundle, without] = await Promise.all([
        builtWorker(folder, "with", path.join(PROJECT_DIR, "wrangler.toml")),
        builtWorker(folder, "without", withoutInbox(folder)),
      ]);
      const ofPage = bundle.modules.filter((file) =>
        /(^|\.\.\/)(ui|public)\/|node_modules\/(@?preact|marked)\//.test(file),
      );
      assert.deepEqual(ofPage, []);
      assert.ok(bundle.modules.length > 100);
      assert.ok(bundle.code.equals(without.code), `${bundle.code.length} bytes, and ${without.code.length}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** What a deployment would upload. */
async function builtWorker(folder: string, name: string, config: string) {
  const out = path.join(folder, name);
  const metafile = path.join(folder, `${name}.json`);
  const flags = ["--minify", `--config=${config}`, `--outdir=${out}`, `--metafile=${metafile}`];
  const group = spawnWrangler(["deploy", "--dry-run", ...flags], "keep", { CI: "1" });
  const output = recordOutput(group);
  const code = await group.exited;
  await group.stop();
  assert.equal(code, 0, output());
  const modules = Object.keys(JSON.parse(readFileSync(metafile, "utf8")).inputs);
  return { modules, code: readFileSync(path.join(out, "index.js")) };
}
