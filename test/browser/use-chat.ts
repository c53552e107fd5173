import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { onPage } from "./support/browser-page.ts";
import { NAME, SLOW_WORDS } from "./support/model-server.ts";
import type { Stage } from "./support/stage.ts";
import { answers, isDone, say, shows, upTo, WHOLE } from "./support/user.ts";

interface Shown {
  messages: { id: string; role: string; metadata?: { status: string }; parts: { type: string; text?: string }[] }[];
}

/** What the browser says of a connection that the test cuts. */
const OF_A_CUT = /net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE|NETWORK_CHANGED)/;

export function chatTests(stage: Stage): void {
  const on = (name: string, component: string, act: (page: Page) => Promise<void>, expected?: RegExp) =>
    test(name, { timeout: 120_000 }, () => {
      const place = `${stage.react}/#${component}`;
      return onPage({ browser: stage.browser, name, ...(expected && { expected }) }, place, act);
    });
  const history = (component: string, page: Page) =>
    stage.read<Shown>(`/${component}/chat/${new URL(page.url()).hash.split("/").at(-1)}`);
  const textsOf = ({ messages }: Shown) =>
    messages.map(({ role, parts }) => [role, parts.flatMap(({ text }) => text ?? []).join("")]);

  on("an answer comes, and its session has a generated name", "agents/assistant", async (page) => {
    await say(page, "Hello");
    await shows(page, "You said: Hello");
    await page.getByRole("navigation").locator("[aria-current=page]").getByText(NAME).waitFor();
  });

  on("a reload in the middle of an answer reads on, and says nothing twice", "agents/assistant", async (page) => {
    await say(page, "Slowly");
    stage.model.say(3);
    await shows(page, upTo(3));
    await page.reload();
    await shows(page, upTo(3));
    stage.model.say(2);
    await shows(page, upTo(5));
    stage.model.say(SLOW_WORDS.length);
    await shows(page, WHOLE);
    await isDone(page);
    assert.deepEqual(textsOf(await history("agents/assistant", page)), [
      ["user", "Slowly"],
      ["assistant", WHOLE],
    ]);
    assert.equal(await answers(page).count(), 1);
  });

  on(
    "useChat, cut ten times in an answer, comes to what history has",
    "agents/assistant",
    async (page) => {
      await say(page, "Slowly");
      for (let words = 4; words <= 40; words += 4) {
        stage.model.say(4);
        await shows(page, upTo(words));
        await stage.proxy.cut();
      }
      stage.model.say(SLOW_WORDS.length);
      await shows(page, WHOLE);
      await isDone(page);
      const { messages } = await history("agents/assistant", page);
      assert.deepEqual(textsOf({ messages }), [
        ["user", "Slowly"],
        ["assistant", WHOLE],
      ]);
      assert.equal(messages[1]?.metadata?.status, "COMPLETED");
    },
    OF_A_CUT,
  );

  on("Stop ends the run, and what it has said stays", "agents/assistant", async (page) => {
    await say(page, "Slowly");
    stage.model.say(3);
    await shows(page, upTo(3));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped.").waitFor();
    await isDone(page);
    const { messages } = await history("agents/assistant", page);
    assert.equal(messages[1]?.metadata?.status, "CANCELLED");
    assert.deepEqual(textsOf({ messages })[1], ["assistant", upTo(3)]);
  });

  on("a call is approved, another one rejected with a reason that the model reads", "agents/operator", async (page) => {
    await say(page, '/tool delete_record {"id": "7"}');
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByText("The tool answered: Confirmed: record 7").waitFor();
    await say(page, '/tool delete_record {"id": "8"}');
    await page.getByLabel("Reason").fill("It is still needed");
    await page.getByRole("button", { name: "Reject", exact: true }).click();
    await page.getByText(/^The tool answered: .*It is still needed/).waitFor();
  });

  on("three calls of one pause are answered, each in its way, also after a reload", "agents/operator", async (page) => {
    await say(
      page,
      '/tool delete_record {"id": "9"}\n/tool send_email {"subject": "Hi", "to": ""}\n/tool run_shell {"command": "date"}',
    );
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("button", { name: "Approve", exact: true }).waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByLabel("to The address").fill("ada@example.com");
    await page.getByRole("button", { name: "Fill in" }).click();
    await page.getByLabel("What it printed").fill("Monday");
    await page.getByRole("button", { name: "Send the result" }).click();
    await page.getByText(/The tool answered: The email "Hi" would go to ada@example.com/).waitFor();
    await page.getByText(/The tool answered: Monday/).waitFor();
    await isDone(page);
    assert.equal(await answers(page).count(), 1);
  });

  on("a team's member is shown with what it says", "teams/support", async (page) => {
    await say(page, "My lamp is broken");
    const member = page.getByRole("region", { name: "Triage, a member of the team" });
    await member.getByText("You said: My lamp is broken").waitFor();
    await member.getByText("completed").waitFor();
    await shows(page, "The tool answered: You said: My lamp is broken");
  });

  on("a run that fails says why, and is tried again", "agents/assistant", async (page) => {
    stage.model.failOnce();
    await say(page, "Hello again");
    await page.getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await shows(page, "You said: Hello again");
  });
}
