import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

export function detailsTests(stage: Stage): void {
  let sessionId = "";

  inboxTest(
    stage,
    "16 the answer that another one replaced is in the details, with what each run cost and all of its events",
    {
      before: async (user) => {
        sessionId = crypto.randomUUID();
        const first = await user.api.agent("assistant").run({ message: "Hello", sessionId }).result();
        await user.api.agent("assistant").again(first.runId, { sessionId, regenerate: true }).result();
      },
    },
    async ({ page }) => {
      const drawer = await openDetails(page, sessionId);
      const replaced = drawer.locator("details", { hasText: "Replaced" });
      await drawer.locator("details", { hasText: "Completed" }).waitFor();
      await replaced.locator("summary").first().click();
      await replaced.getByText("You said: Hello").waitFor();
      await replaced.getByRole("button", { name: "Show events" }).click();
      await replaced.getByText("RunStarted").waitFor();
      await replaced.getByText("RunCompleted").click();
      await replaced.getByText('"event": "RunCompleted"').waitFor();
      await page.keyboard.press("Escape");
      await drawer.waitFor({ state: "detached" });
      assert.match(page.url(), /\/s\/[^/]+$/);
    },
  );

  inboxTest(
    stage,
    "i4 the state is edited as JSON: what is wrong is said, what others changed meanwhile is shown, and theirs stays",
    {
      before: async (user) => {
        sessionId = crypto.randomUUID();
        await create(user, sessionId, { cart: { lamps: 1 }, step: "pay" });
      },
      expected: /412/,
    },
    async ({ page, user }) => {
      const drawer = await openDetails(page, sessionId);
      await drawer.getByText("lamps").waitFor();
      await drawer.getByRole("button", { name: "Edit state" }).click();
      const editor = drawer.getByRole("textbox", { name: "State as JSON" });
      await editor.fill('{"cart": ');
      await drawer.getByRole("button", { name: "Save" }).click();
      await drawer.getByText(/This is no JSON/).waitFor();
      // A change of something else alone is none that anybody is asked about.
      await user.api.sessions.patch(sessionId, { pinned: true });
      await editor.fill('{"cart": {"lamps": 2}, "step": "pay", "gift": null}');
      await editor.press("Control+Enter");
      await drawer.getByText("gift").waitFor();
      await drawer.getByRole("button", { name: "Edit state" }).click();
      await user.api.sessions.patch(sessionId, { session_state: { step: "sent" } });
      await editor.fill('{"cart": {"lamps": 3}, "step": "pay", "gift": null}');
      await editor.press("Control+Enter");
      await drawer.getByText("Somebody else has changed this").waitFor();
      await drawer.getByText("sent").waitFor();
      await drawer.getByRole("button", { name: "Save my changes over it" }).click();
      await editor.waitFor({ state: "detached" });
      const { data } = await user.api.sessions.get(sessionId);
      assert.deepEqual(data.session_state, { cart: { lamps: 3 }, step: "sent", gift: null });
      await drawer.locator("button:focus[aria-label='Edit state']").waitFor();
    },
  );

  inboxTest(
    stage,
    "37 where the code of the details does not come, the page says that there is a new version, and reloads",
    {
      before: async (user) => {
        sessionId = crypto.randomUUID();
        await create(user, sessionId, { step: "pay" });
      },
      expected: /404|dynamically imported/,
    },
    async ({ page }) => {
      const code = "**/details-drawer-*.js";
      await page.route(code, (route) => route.fulfill({ status: 404 }));
      const drawer = await openDetails(page, sessionId);
      await page.getByText("A new version of this page is there.").first().waitFor();
      await page.unroute(code);
      await page.getByRole("button", { name: "Reload" }).click();
      await drawer.getByText("step").waitFor();
    },
  );

  inboxTest(
    stage,
    "i1 who may not write is shown the details without a way to change them",
    {
      scopes: ["sessions:read"],
      before: async (user) => {
        sessionId = crypto.randomUUID();
        await stage.staff.sessions.create({
          session_id: sessionId,
          agent_id: "assistant",
          user_id: user.id,
          metadata: { channel: "web" },
        });
      },
    },
    async ({ page }) => {
      const drawer = await openDetails(page, sessionId);
      await drawer.getByText("channel").waitFor();
      assert.equal(await drawer.getByRole("button", { name: /Edit|Summarize/ }).count(), 0);
      await drawer.getByRole("button", { name: /More for/ }).click();
      assert.deepEqual(await page.getByRole("menuitem").allTextContents(), ["Export everything of this user"]);
    },
  );
}

const create = (user: User, id: string, state: Record<string, unknown>) =>
  user.api.sessions.create({ session_id: id, agent_id: "assistant", session_state: state });

async function openDetails(page: Page, sessionId: string) {
  await page.goto(`${page.url().split("#")[0]}#/s/${sessionId}/details`);
  return page.getByRole("complementary", { name: "Details" });
}
