import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { NAME } from "../browser/support/model-server.ts";
import { inboxTest } from "./support/inbox-page.ts";
import { KEY, type Stage, type User } from "./support/stage.ts";

export function workTests(stage: Stage): void {
  inboxTest(
    stage,
    "i4 an export of all that is there goes on where an answer broke off, says how many, and is whole",
    { before: (user) => sessions(user, 3), expected: /Failed to load|ERR_/ },
    async ({ page }) => {
      let asked = 0;
      await page.route("**/export*", async (route) => {
        asked += 1;
        const response = await route.fetch();
        const body = await response.text();
        // The first answer ends in the middle of a line.
        await route.fulfill({ response, body: asked === 1 ? body.slice(0, body.length / 2) : body });
      });
      const file = await download(page, () => choose(page, "Export everything"));
      const types = (await linesOf(file)).map(({ type }) => type);
      assert.equal(types.filter((type) => type === "session_end").length, 3);
      assert.equal(types.at(-1), "end");
      assert.equal(asked, 2);
      await page.getByText("3 conversations saved.").first().waitFor();
    },
  );

  inboxTest(
    stage,
    "i4 a job shows how far it is, goes on after a reload, is cancelled, and says what failed",
    { before: (user) => sessions(user, 1) },
    async ({ page, user }) => {
      let status = "running";
      let done = 10;
      const job = () => ({
        job_id: "j1",
        kind: "bulk",
        action: "archive",
        status,
        total: 80,
        done,
        skipped: 0,
        failed: 1,
      });
      await page.route("**/jobs/**", async (route) => {
        const url = new URL(route.request().url());
        if (url.pathname.endsWith("/cancel")) status = "cancelled";
        if (url.pathname.endsWith("/items")) {
          const items = [{ session_id: "gone", reason: "not_found", error: null }];
          await route.fulfill({ json: { data: items, meta: { limit: 100, next_cursor: null } } });
        } else await route.fulfill({ json: job() });
      });
      const kept = { job_id: "j1", kind: "bulk", action: "archive", total: 80, userId: null };
      const entry = { id: "job j1", actor: `user:${user.id}`, kind: "job", job: kept };
      await page.evaluate((entries) => localStorage.setItem("edge-sessions.work", entries), JSON.stringify([entry]));
      await page.reload();
      const row = page.getByRole("region", { name: "Under way" });
      await row.getByText("Archiving 80 conversations").waitFor();
      await row.getByText(/10 of 80/).waitFor();
      assert.equal(await row.getByRole("progressbar").getAttribute("value"), "10");
      done = 30;
      await row.getByText(/30 of 80.*a second.*left/).waitFor();
      await row.getByRole("button", { name: "Stop", exact: true }).click();
      await row.getByText("cancelled after 30 of 80").waitFor();
      await row.getByRole("button", { name: "1 failed" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("It is not there any more.").waitFor();
      await page.keyboard.press("Escape");
      await row.getByRole("button", { name: /^Dismiss/ }).click();
      await row.waitFor({ state: "detached" });
      await page.reload();
      await page.getByRole("link", { name: /Hello 0/ }).waitFor();
      assert.equal(await row.count(), 0);
    },
  );

  inboxTest(
    stage,
    "i4 a file that is dropped on the page is imported part by part, stops where it is told to, and goes on after a reload",
    { credential: KEY },
    async ({ page, user }) => {
      const lines = ["one", "two"].map((word) => chat(`Dropped ${word}`));
      const sent: string[] = [];
      let release = () => {};
      await page.route("**/import?*", async (route) => {
        sent.push(route.request().postData() ?? "");
        if (sent.length > 1) return route.continue();
        await new Promise<void>((go) => {
          release = go;
        });
        const url = new URL(route.request().url());
        url.searchParams.set("more", "true");
        const response = await route.fetch({ url: url.href, postData: `${lines[0]}\n` });
        const report = await response.json();
        return route.fulfill({ response, json: { ...report, complete: false, next_line: 2 } });
      });
      await page.getByRole("button", { name: "More", exact: true }).waitFor();
      await drop(page, "chats.jsonl", lines.map((line) => `${line}\n`).join(""));
      const dialog = page.getByRole("dialog", { name: "Import conversations" });
      await dialog.getByLabel("User whose they become").fill(user.id);
      await dialog.getByLabel("Agent of chats").selectOption({ label: "Assistant" });
      await dialog.getByRole("button", { name: "Import", exact: true }).click();
      const row = page.getByRole("region", { name: "Under way" });
      await row.getByText("Importing chats.jsonl").waitFor();
      await row.getByRole("button", { name: "Stop", exact: true }).click();
      release();
      await row.getByText("Stopped: 1 imported.").waitFor();
      page.on("dialog", (asked) => void asked.accept());
      await page.reload();
      const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        row.getByRole("button", { name: "Go on" }).click(),
      ]);
      await chooser.setFiles({
        name: "chats.jsonl",
        mimeType: "application/json",
        buffer: Buffer.from(lines.map((line) => `${line}\n`).join("")),
      });
      await page.getByText("Importing chats.jsonl: 2 imported").first().waitFor();
      assert.equal(sent.at(-1), `${lines[1]}\n`);
      const { length } = await user.api.sessions.list().first(10);
      assert.equal(length, 2);
    },
  );

  inboxTest(
    stage,
    "i4 all that has no name is named by a model, of the user that the list shows",
    { credential: KEY, before: (user) => sessions(user, 2) },
    async ({ page, user }) => {
      await page.goto(`${stage.url}/ui/#/?user=${user.id}`);
      await page.getByRole("link", { name: /Hello/ }).first().waitFor();
      await choose(page, "Name all without a name");
      await page.getByText("Naming 2 conversations: done.").first().waitFor();
      await page
        .getByRole("link", { name: new RegExp(NAME) })
        .nth(1)
        .waitFor();
    },
  );

  inboxTest(
    stage,
    "i4 everything of a user is erased once who asks has typed whose it is, and goes on where the server is away",
    { credential: KEY, before: (user) => sessions(user, 2), expected: /503|404/ },
    async ({ page, user }) => {
      const [session] = await user.api.sessions.list().first(1);
      await page.goto(`${stage.url}/ui/#/s/${session?.session_id}/details`);
      await page.getByRole("button", { name: `More for ${user.id}` }).click();
      await page.getByRole("menuitem", { name: /^Erase/ }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText(/^2 conversations/).waitFor();
      const erase = dialog.getByRole("button", { name: "Erase", exact: true });
      assert.equal(await erase.isDisabled(), true);
      await dialog.getByRole("textbox").fill(user.id);
      let asked = 0;
      await page.route("**/users/*/sessions*", (route) => {
        asked += 1;
        return asked === 1 ? route.fulfill({ status: 503, json: { detail: "away", code: "x" } }) : route.continue();
      });
      await erase.click();
      await page.getByText(`Erasing everything of ${user.id}: nothing is left.`).first().waitFor();
      assert.deepEqual(await user.api.sessions.list().first(10), []);
      assert.match(page.url(), /#\/$/);
    },
  );
}

const chat = (text: string): string =>
  JSON.stringify([
    { role: "user", content: text },
    { role: "assistant", content: "Hello." },
  ]);

/** Drops a file on the page, as a person would. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const file = `new File([${JSON.stringify(text)}], ${JSON.stringify(name)})`;
  const data = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    transfer.items.add(${file});
    return transfer;
  })()`);
  for (const kind of ["dragover", "drop"]) await page.dispatchEvent("body", kind, { dataTransfer: data });
}

/** Sessions in which something was said. */
const sessions = (user: User, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, nth) =>
      user.api
        .agent("assistant")
        .run({ message: `Hello ${nth}`, sessionId: crypto.randomUUID() })
        .result(),
    ),
  );

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

async function download(page: Page, act: () => Promise<void>): Promise<Download> {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  return file;
}

const linesOf = async (file: Download): Promise<{ type: string }[]> =>
  (await readFile(await file.path(), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
