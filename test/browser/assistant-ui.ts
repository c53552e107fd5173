import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { onPage } from "./support/browser-page.ts";
import { NAME, SLOW_WORDS } from "./support/model-server.ts";
import type { Stage } from "./support/stage.ts";
import { answers, isDone, say, shows, upTo, WHOLE } from "./support/user.ts";

export function assistantUiTests(stage: Stage): void {
  const on = (name: string, act: (page: Page) => Promise<void>) =>
    test(name, { timeout: 120_000 }, () =>
      onPage({ browser: stage.browser, name: `assistant-ui ${name}` }, `${stage.react}/assistant-ui.html`, act),
    );

  on("threads are sessions: they are named, opened again, and deleted", async (page) => {
    const threads = page.getByRole("navigation");
    await say(page, "Hello");
    await shows(page, "You said: Hello");
    const shown = threads.locator("[aria-current]");
    await shown.getByText(NAME).waitFor();
    await page.getByRole("button", { name: "New chat", exact: true }).click();
    await answers(page).waitFor({ state: "detached" });
    // The newest is the first.
    await threads.getByRole("button", { name: NAME, exact: true }).first().click();
    await shows(page, "You said: Hello");
    await page.reload();
    await shows(page, "You said: Hello");
    await shown.getByRole("button", { name: "Delete", exact: true }).click();
    await answers(page).waitFor({ state: "detached" });
    await page.reload();
    await threads.getByRole("button").nth(1).waitFor();
    assert.equal(await answers(page).count(), 0);
  });

  on("a reload in the middle of an answer reads on; Stop ends the run", async (page) => {
    await say(page, "Slowly");
    stage.model.say(3);
    await shows(page, upTo(3));
    await page.reload();
    await shows(page, upTo(3));
    stage.model.say(SLOW_WORDS.length);
    await shows(page, WHOLE);
    await isDone(page);
    assert.equal(await answers(page).count(), 1);
    await say(page, "Slowly");
    stage.model.say(3);
    await shows(page, upTo(3));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await isDone(page);
    await shows(page, upTo(3));
  });

  on("a call is approved, another one rejected with a reason, and what was filled in is sent", async (page) => {
    await say(page, '/tool delete_record {"id": "7"}');
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByText("The tool answered: Confirmed: record 7").waitFor();
    await isDone(page);
    await say(page, '/tool delete_record {"id": "8"}');
    await page.getByLabel("Reason").fill("It is still needed");
    await page.getByRole("button", { name: "Reject", exact: true }).click();
    await page.getByText(/^The tool answered: .*It is still needed/).waitFor();
    await isDone(page);
    await say(page, '/tool send_email {"subject": "Hi", "to": ""}');
    await page.getByLabel("to The address").fill("ada@example.com");
    await page.getByRole("button", { name: "Fill in" }).click();
    await page.getByText(/The tool answered: The email "Hi" would go to ada@example.com/).waitFor();
  });
}
