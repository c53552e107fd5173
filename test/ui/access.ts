import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { inboxTest } from "./support/inbox-page.ts";
import { say } from "./support/sessions.ts";
import type { Stage } from "./support/stage.ts";

const field = (page: Page) => page.getByLabel("Key or token");
const inbox = (page: Page) => page.getByRole("navigation").waitFor();

async function connect(page: Page, credential: string): Promise<void> {
  await field(page).fill(credential);
  await field(page).press("Enter");
}

const kept = (page: Page) =>
  page.evaluate(() => [sessionStorage, localStorage].map((place) => place.getItem("edge-sessions.credential")));

export function accessTests(stage: Stage): void {
  inboxTest(
    stage,
    "28 a token is kept for the tab unless told otherwise, stands in no address, and is forgotten in all tabs",
    { credential: null, expected: /401/ },
    async ({ page, user, open }) => {
      await connect(page, "no token of this server");
      await page.getByRole("alert").filter({ hasText: "refused" }).waitFor();
      assert.equal(await field(page).inputValue(), "no token of this server");
      await connect(page, `Bearer ${user.token}`);
      await inbox(page);
      assert.deepEqual(await kept(page), [user.token, null]);
      await page.reload();
      await inbox(page);

      const other = await open();
      await other.getByLabel("Remember on this device").check();
      await connect(other, user.token);
      await inbox(other);
      assert.deepEqual(await kept(other), [null, user.token]);
      const third = await open("#/connect");
      await third.getByRole("button", { name: "Disconnect" }).click();
      await Promise.all([field(third).waitFor(), field(other).waitFor()]);
      assert.deepEqual(await kept(other), [null, null]);
      for (const one of [page, other, third]) assert.ok(!one.url().includes(user.token));
    },
  );

  inboxTest(
    stage,
    "28 Disconnect takes away what the browser keeps of its caller, and leaves how one likes the page",
    { credential: null, expected: /401/ },
    async ({ page, user }) => {
      const sessionId = await say(user, "Hello");
      await page.getByLabel("Remember on this device").check();
      await connect(page, user.token);
      await page.goto(`${stage.url}/ui/#/s/${sessionId}`);
      await page.getByRole("textbox", { name: "Message" }).fill("Not sent");
      await page.goto(`${stage.url}/ui/#/new`);
      await page.getByLabel("First message").fill("Not sent either");
      const keys = () => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort());
      assert.ok((await keys()).includes(`edge-sessions.draft.${sessionId}`));
      await page.goto(`${stage.url}/ui/#/connect`);
      await page.getByRole("button", { name: "Disconnect" }).click();
      await field(page).waitFor();
      assert.deepEqual(await keys(), ["edge-sessions.settings"]);
    },
  );

  inboxTest(
    stage,
    "i1 another caller sees nothing of what the one before has seen",
    {
      credential: null,
      expected: /401/,
      before: ({ api }) =>
        api.agent("assistant").run({ message: "Only mine", sessionId: crypto.randomUUID() }).result(),
    },
    async ({ page, user }) => {
      await connect(page, user.token);
      await page.getByText("Only mine", { exact: true }).first().waitFor();
      const another = await stage.user();
      await page.goto(`${stage.url}/ui/#/connect`);
      await page.getByRole("button", { name: "Use another" }).click();
      await connect(page, another.token);
      await page.getByText(`user:${another.id}`).waitFor();
      await page.getByRole("link", { name: "To the inbox" }).click();
      await inbox(page);
      await page.getByText("No conversations yet").waitFor();
      assert.equal(await page.getByText("Only mine").count(), 0);
    },
  );

  inboxTest(
    stage,
    "36 a token that is refused meanwhile leads to Connect, and back to where one was with what was typed",
    { hash: "#/new", expected: /401/ },
    async ({ page, user }) => {
      const message = page.getByLabel("First message");
      await message.fill("It is typed");
      await page.route("**/runs", (route) =>
        route.fulfill({
          status: 401,
          json: { detail: "Token has expired" },
          headers: { "www-authenticate": "Bearer" },
        }),
      );
      await message.press("Enter");
      await page.getByText("Token has expired").waitFor();
      assert.match(page.url(), /#\/new$/);
      await page.unroute("**/runs");
      await connect(page, user.token);
      assert.equal(await message.inputValue(), "It is typed");
    },
  );

  inboxTest(
    stage,
    "i1 what a token may do is said, and what it may not is not offered",
    { hash: "#/connect", scopes: ["sessions:read", "agents:read", "agents:support:read"] },
    async ({ page, user }) => {
      await page.getByText(`user:${user.id}`).waitFor();
      await page.getByText("Own conversations only").waitFor();
      assert.deepEqual(await page.locator("dd li").allTextContents(), [
        "See agents",
        "See agentssupport",
        "Read conversations",
      ]);
      await page.goto(`${stage.url}/ui/#/new`);
      await page.getByText("Missing: Run agents").waitFor();
      assert.equal(await page.getByRole("link", { name: "New conversation" }).count(), 0);
    },
  );

  inboxTest(
    stage,
    "28 a browser that forbids its storage, or has none left, does all but keep",
    { credential: null, expected: /401/ },
    async ({ page, user }) => {
      await page.addInitScript(`
        Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError"); } });
        Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
      `);
      await page.reload();
      await connect(page, user.token);
      await inbox(page);
      const { data } = await user.api.sessions.create({ session_name: "Forgetful", agent_id: "assistant" });
      await page.evaluate(`location.hash = "#/s/${data.session_id}"`);
      await page.getByRole("textbox", { name: "Message", exact: true }).fill("hello");
      await page.keyboard.press("Enter");
      await page.getByText("You said: hello").first().waitFor();
    },
  );

  inboxTest(
    stage,
    "36 a server that does not answer at first is said so, and asked again",
    { credential: null, expected: /401|ERR_FAILED/ },
    async ({ page, user }) => {
      await connect(page, user.token);
      await inbox(page);
      await page.route("**/me", (route) => route.abort());
      await page.reload();
      const failure = page.getByRole("alert").filter({ hasText: "The page cannot begin" });
      await failure.waitFor();
      await page.unroute("**/me");
      await failure.getByRole("button", { name: "Retry" }).click();
      await inbox(page);
    },
  );
}
