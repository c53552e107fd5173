import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { SLOW_WORDS } from "../browser/support/model-server.ts";
import { heard } from "./support/heard.ts";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

const log = (page: Page) => page.getByRole("log");
const last = (page: Page) => log(page).getByRole("article").last();
const words = (count: number) => SLOW_WORDS.slice(0, count).join(" ");

async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await field.fill(text);
  await field.press("Enter");
}

/** The answer as it is shown, once it has come so far. */
async function shown(page: Page, upTo: number): Promise<void> {
  await last(page).getByText(`word${upTo}`, { exact: false }).waitFor();
  const text = await last(page).evaluate((run) => run.textContent ?? "");
  assert.ok(text.includes(words(upTo)), text);
  for (const word of ["word1 ", "word10 "]) assert.ok(text.split(word).length <= 2, `${word} is there twice: ${text}`);
}

const begun = (sessionId: string) => ({
  hash: `#/s/${sessionId}`,
  before: ({ api }: User) => api.agent("assistant").run({ message: "Hello", sessionId }).result(),
});

export function liveTests(stage: Stage): void {
  inboxTest(
    stage,
    "13 a reload in the middle of an answer goes on where it was, each word once, at every tenth word",
    begun(crypto.randomUUID()),
    async ({ page }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await say(page, "Slowly");
      for (let said = 10; said <= 50; said += 10) {
        stage.model.say(10);
        await shown(page, said);
        await page.reload();
        await shown(page, said);
      }
      stage.model.say(10);
      await shown(page, 60);
      await page.getByText("Answer is complete").waitFor({ state: "attached" });
    },
  );

  inboxTest(
    stage,
    "13 two tabs show the same answer as it comes, and each what is said in the other",
    begun(crypto.randomUUID()),
    async ({ page, open }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await say(page, "Slowly");
      stage.model.say(5);
      await shown(page, 5);
      const other = await open(new URL(page.url()).hash);
      await shown(other, 5);
      stage.model.say(55);
      await Promise.all([shown(page, 60), shown(other, 60)]);
      await say(other, "From the other tab");
      await log(other).getByText("You said: From the other tab").waitFor();
      // The first one looks when it is shown again.
      await page.bringToFront();
      await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
      await log(page).getByText("You said: From the other tab").waitFor();
    },
  );

  inboxTest(
    stage,
    "14 a stream that is cut goes on, and nothing is lost",
    { ...begun(crypto.randomUUID()), expected: /ERR_|Failed to load/ },
    async ({ page, user }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await say(page, "Slowly");
      for (const said of [7, 14, 21]) {
        stage.model.say(7);
        await shown(page, said);
        await stage.proxy.cut(user.token);
      }
      stage.model.say(39);
      await shown(page, 60);
    },
  );
}

/** These take the server from all others. */
export function killedTests(stage: Stage): void {
  inboxTest(
    stage,
    "14 a server that is killed is waited for: a line says so, and the page goes on when it is back",
    { ...begun(crypto.randomUUID()), expected: /ERR_|Failed to load/ },
    async ({ page }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await say(page, "Slowly");
      stage.model.say(5);
      await shown(page, 5);
      const said = await heard(page);
      await stage.kill();
      await page.getByText("Not connected. Trying again…").waitFor();
      await log(page).getByText(words(5)).waitFor();
      await stage.restart();
      await page.getByText("Not connected. Trying again…").waitFor({ state: "detached" });
      // The run died with the server, is begun again or closed there, and comes to an end here.
      stage.model.say(60);
      await log(page).locator('article:is([data-status="COMPLETED"], [data-status="ERROR"])').nth(1).waitFor();
      assert.ok((await said()).includes("Connected again."));
      await say(page, "And now?");
      await log(page).getByText("You said: And now?").waitFor();
    },
  );
}
