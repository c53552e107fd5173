import assert from "node:assert/strict";
import { inboxTest } from "./support/inbox-page.ts";
import { KEY, type Stage } from "./support/stage.ts";

export function beginTests(stage: Stage): void {
  inboxTest(
    stage,
    "36 a first message that is refused keeps its text, and is one run however often it is tried",
    { hash: "#/new", expected: /503/ },
    async ({ page, user }) => {
      const keys: (string | null)[] = [];
      await page.route("**/agents/*/runs", async (route) => {
        const key = await route.request().headerValue("idempotency-key");
        if (!keys.includes(key)) keys.push(key);
        await route.fulfill({
          status: 503,
          json: { detail: "Not now" },
          headers: { "x-request-id": "a-request", "retry-after": "60" },
        });
      });
      const message = page.getByLabel("First message");
      await page.getByRole("radio", { name: /Assistant/ }).focus();
      await page.keyboard.press("ArrowDown");
      await message.fill("Hello, operator");
      await message.press("Enter");
      const failure = page.getByRole("alert").filter({ hasText: "Not now" });
      await failure.getByText("Details").click();
      await failure.getByText("a-request").waitFor();
      await failure.getByRole("button", { name: "Retry" }).click();
      await failure.waitFor();
      assert.equal(await message.inputValue(), "Hello, operator");
      assert.equal(keys.length, 1);

      await page.unroute("**/agents/*/runs");
      await failure.getByRole("button", { name: "Retry" }).click();
      await page.waitForURL(/#\/s\//);
      const [session] = await user.api.sessions.list().first(1);
      assert.equal(session?.agent_id, "operator");
      assert.ok(page.url().endsWith(`#/s/${session?.session_id}`));
      await page.goto(`${stage.url}/ui/#/new`);
      assert.equal(await message.inputValue(), "");
    },
  );

  inboxTest(
    stage,
    "i1 staff begin a conversation for a user",
    { hash: "#/new", credential: KEY },
    async ({ page, user }) => {
      const id = crypto.randomUUID();
      await page.getByRole("radio", { name: /Support/ }).check();
      await page.getByText("More", { exact: true }).click();
      await page.getByLabel("User").fill(user.id);
      await page.getByLabel("Session id").fill(id);
      await page.getByLabel("First message").fill("For somebody");
      await page.getByRole("button", { name: "Send" }).click();
      await page.waitForURL(new RegExp(`#/s/${id}`));
      assert.equal((await user.api.sessions.get(id)).data.team_id, "support");
    },
  );

  inboxTest(stage, "i1 a confined user is not asked for another one", { hash: "#/new" }, async ({ page }) => {
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Session id").waitFor();
    assert.equal(await page.getByLabel("User").count(), 0);
  });
}
