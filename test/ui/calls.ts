import assert from "node:assert/strict";
import { THOUGHT } from "../browser/support/model-server.ts";
import { copied } from "./support/clipboard.ts";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage } from "./support/stage.ts";

export function callsTests(stage: Stage): void {
  const tool = crypto.randomUUID();
  inboxTest(
    stage,
    "15 a call is one line that opens to what it was asked with and what it gave",
    {
      hash: `#/s/${tool}`,
      before: ({ api }) =>
        api.agent("operator").run({ message: '/tool add {"a": 2, "b": 40}', sessionId: tool }).result(),
    },
    async ({ page }) => {
      const line = page.getByRole("button", { name: /^add a: 2, b: 40/ });
      assert.equal(await line.getAttribute("aria-expanded"), "false");
      await line.focus();
      await page.keyboard.press("Enter");
      const call = page.locator(".call");
      assert.equal(await call.getByRole("figure").first().locator("pre").textContent(), '{\n  "a": 2,\n  "b": 40\n}');
      await call.getByRole("figure").nth(1).getByText("42").waitFor();
      const text = await copied(page, async () => {
        await call.getByRole("button", { name: "Copy result" }).click();
        await call.getByRole("button", { name: "Copied" }).waitFor();
      });
      assert.match(text, /42/);
    },
  );

  const team = crypto.randomUUID();
  inboxTest(
    stage,
    "15 a call that was given to a member has the member's conversation in it",
    {
      hash: `#/s/${team}`,
      before: ({ api }) => api.team("support").run({ message: "Who repairs lamps?", sessionId: team }).result(),
    },
    async ({ page }) => {
      await page.locator(".call > .line-head").first().click();
      const member = page.locator(".call .member").first();
      await member.getByText("Who repairs lamps?", { exact: true }).first().waitFor();
      await member.locator(".markdown").getByText("You said").first().waitFor();
    },
  );

  const thought = crypto.randomUUID();
  inboxTest(
    stage,
    "i3 a thought is open while it comes, and folded once it is thought",
    {
      hash: `#/s/${thought}`,
      before: ({ api }) => api.agent("assistant").run({ message: "Hello", sessionId: thought }).result(),
    },
    async ({ page }) => {
      await page.getByRole("textbox", { name: "Message" }).fill("Think about lamps");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Thinking…", expanded: true }).waitFor();
      await page.locator(".thought-body").getByText(THOUGHT).waitFor();
      stage.model.say(1);
      const line = page.getByRole("button", { name: /^Thought/, expanded: false });
      await line.waitFor();
      assert.equal(await page.getByText(THOUGHT).count(), 0);
      await line.click();
      await page.getByText(THOUGHT).waitFor();
    },
  );
}
