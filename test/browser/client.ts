import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { onPage } from "./support/browser-page.ts";
import { NAME, SLOW_WORDS } from "./support/model-server.ts";
import type { Stage } from "./support/stage.ts";
import { answers, isDone, say, shows, upTo, WHOLE } from "./support/user.ts";

const OF_A_CUT = /net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/;

export function clientTests(stage: Stage): void {
  const on = (name: string, component: string, act: (page: Page) => Promise<void>, expected?: RegExp) =>
    test(name, { timeout: 120_000 }, () =>
      onPage(
        { browser: stage.browser, name: `client ${name}`, ...(expected && { expected }) },
        `${stage.client}/#${component}`,
        act,
      ),
    );

  on(
    "an answer is read over a connection that breaks, and after a reload, and its session is named",
    "agents/assistant",
    async (page) => {
      await say(page, "Slowly");
      stage.model.say(3);
      await shows(page, upTo(3));
      await stage.proxy.cut();
      stage.model.say(3);
      await shows(page, upTo(6));
      await page.reload();
      await shows(page, upTo(6));
      stage.model.say(SLOW_WORDS.length);
      await shows(page, WHOLE);
      await isDone(page);
      assert.equal(await answers(page).count(), 1);
      await say(page, "Hello");
      await shows(page, "You said: Hello");
      await page.getByRole("button", { name: "New chat", exact: true }).click();
      await answers(page).waitFor({ state: "detached" });
      await say(page, "Hello");
      await page.getByRole("navigation").locator("[aria-current=page]").getByText(NAME).waitFor();
    },
    OF_A_CUT,
  );

  on("Stop ends the run, and what it has said stays", "agents/assistant", async (page) => {
    await say(page, "Slowly");
    stage.model.say(3);
    await shows(page, upTo(3));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped.").waitFor();
    await page.reload();
    await page.getByText("Stopped.").waitFor();
    await page.getByText(upTo(3), { exact: true }).waitFor();
  });

  on("what a run waits for is answered after a reload, each in its way", "agents/operator", async (page) => {
    await say(
      page,
      '/tool delete_record {"id": "9"}\n/tool send_email {"subject": "Hi", "to": ""}\n/tool run_shell {"command": "date"}',
    );
    await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
    await page.reload();
    await page.getByLabel("Reason").fill("It is still needed");
    await page.getByRole("button", { name: "Reject", exact: true }).click();
    await page.getByLabel("to The address").fill("ada@example.com");
    await page.getByRole("button", { name: "Fill in" }).click();
    await page.getByLabel("What it printed").fill("Monday");
    await page.getByRole("button", { name: "Send the result" }).click();
    await page.getByText(/The tool answered: .*It is still needed/).waitFor();
    await page.getByText(/The tool answered: The email "Hi" would go to ada@example.com/).waitFor();
    await page.getByText(/The tool answered: Monday/).waitFor();
  });

  on("a team's member is shown with what it says", "teams/support", async (page) => {
    await say(page, "My lamp is broken");
    const member = page.getByRole("region", { name: "Triage, a member of the team" });
    await member.getByText("You said: My lamp is broken").waitFor();
    await shows(page, "The tool answered: You said: My lamp is broken");
  });

  on("a run that fails says why", "agents/assistant", async (page) => {
    stage.model.failOnce();
    await say(page, "Hello");
    await page.getByRole("alert").waitFor();
    await isDone(page);
  });
}
