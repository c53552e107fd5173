import assert from "node:assert/strict";
import { inboxTest } from "./support/inbox-page.ts";
import { row, say } from "./support/sessions.ts";
import type { Stage } from "./support/stage.ts";

export function searchTests(stage: Stage): void {
  inboxTest(
    stage,
    "7 a search has names and messages with their marks as text, 250 ms after the last key, and Enter goes to the message",
    {
      before: async (user) => {
        const other = await say(user, "Where is my parcel?", `${user.id}-parcel`);
        await user.api.sessions.patch(other, { session_name: "A delivery" });
        await say(user, "<img src=x onerror=alert(1)> a zeppelin", `${user.id}-air`);
      },
    },
    async ({ page, user }) => {
      await row(page, `${user.id}-air`).waitFor();
      const asked: string[] = [];
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (pathname === "/search") asked.push(searchParams.get("q") ?? "");
      });
      const field = page.getByRole("searchbox", { name: "Search names and messages" });
      // The page's clock stands while one types, however busy the machine is.
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60_000);
      await field.pressSequentially("parcel");
      await page.clock.runFor(249);
      assert.deepEqual(asked, []);
      await page.clock.resume();
      const messages = page.getByRole("region", { name: "Messages" });
      await messages.locator("mark").first().waitFor();
      assert.deepEqual(asked, ["parcel"]);
      assert.deepEqual([...new Set(await messages.locator("mark").allInnerTexts())], ["parcel"]);
      assert.match((await messages.getByRole("link").first().innerText()) ?? "", /A delivery/);
      await page.keyboard.press("Enter");
      await page.waitForURL(/#\/s\/[^/]+-parcel\/r\/[^/?]+\?q=parcel/);

      // The run that was found has the focus, once it is there.
      const found = page.locator(".log-run:focus");
      await found.waitFor();
      const { height } = (await found.boundingBox()) ?? { height: 0 };
      assert.ok(height < 300, `One short run is marked with ${height} pixels.`);
      // A conversation that is called by its first words is found where they were said.
      await field.fill("zeppelin");
      await page.locator('.found[data-first="messages"] [aria-labelledby="found-names"]').waitFor();
      await field.press("Enter");
      await page.waitForURL(/-air\/r\//);
      await found.getByText("zeppelin").first().waitFor();
      await field.fill("parcel");
      await field.press("Enter");
      await page.waitForURL(/-parcel\/r\//);
      await found.getByText("parcel").first().waitFor();
      await field.fill("zeppelin");
      const names = page.getByRole("region", { name: "Names" });
      await names.getByRole("link").locator("mark").getByText("zeppelin").waitFor();
      assert.equal(await page.locator(".found img").count(), 0);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(/-air\/r\//);
      await found.getByText("zeppelin").first().waitFor();

      await field.fill("!?");
      await page.getByText("Nothing found for “!?”").waitFor();
      await field.focus();
      await page.keyboard.press("Escape");
      await row(page, `${user.id}-air`).waitFor();
      assert.equal(await field.inputValue(), "");
    },
  );

  inboxTest(
    stage,
    "7 an answer that comes after another question is dropped, and one that fails says so",
    { before: (user) => say(user, "first second"), expected: /status of 500/ },
    async ({ page }) => {
      let answerFirst = () => {};
      const held = new Promise<void>((settle) => {
        answerFirst = settle;
      });
      let isBroken = true;
      await page.route("**/search?**", async (route) => {
        const q = new URL(route.request().url()).searchParams.get("q");
        if (q === "first") await held;
        if (q === "second" && isBroken)
          return route.fulfill({ status: 500, json: { detail: "Broken.", code: "internal" } });
        return route.continue().catch(() => {});
      });
      const field = page.getByRole("searchbox", { name: "Search names and messages" });
      const firstAsked = page.waitForRequest(/\/search\?q=first/);
      await field.fill("first");
      await firstAsked;
      await field.fill("second");
      const alert = page.getByRole("alert").filter({ hasText: "The search has failed." });
      await alert.getByText("Broken.").waitFor();
      isBroken = false;
      answerFirst();
      await alert.getByRole("button", { name: "Retry" }).click();
      await page.getByRole("region", { name: "Messages" }).locator("mark").first().waitFor();
      const marks = await page.getByRole("region", { name: "Messages" }).locator("mark").allInnerTexts();
      assert.deepEqual([...new Set(marks)], ["second"]);
    },
  );
}
