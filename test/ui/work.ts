import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

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
      await row.getByRole("button", { name: "Cancel" }).click();
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
