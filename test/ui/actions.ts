import { equal, match } from "node:assert/strict";
import type { Page } from "playwright-core";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

/** A conversation whose first words are its message. */
async function talk({ api }: User, sessionId: string, message = "The lamp is broken"): Promise<void> {
  await api.agent("assistant").run({ message, sessionId }).result();
}

/** Conversations of the user without a word, "Number 0" and so on. */
async function begin({ staff }: Stage, { id }: User, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((session_id, nth) => {
      const body = { session_id, session_name: `Number ${nth}`, agent_id: "assistant", user_id: id };
      return staff.request("POST", "/sessions", { body });
    }),
  );
}

const heading = (page: Page) => page.getByRole("main").getByRole("heading", { level: 1 });
const named = (page: Page, name: string) => heading(page).filter({ hasText: new RegExp(`^${name}$`) });
const rename = async (page: Page, name: string) => {
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  const field = page.getByRole("textbox", { name: "Name of the conversation" });
  await field.fill(name);
  return field;
};
const inMenu = async (page: Page, item: string) => {
  await page.getByRole("button", { name: "More to do" }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
/** The answer to a request of the page that begins after this call, and is not refused. */
const answered = (page: Page, method: string, path: RegExp) =>
  page.waitForResponse(
    (answer) => answer.request().method() === method && answer.ok() && path.test(new URL(answer.url()).pathname),
  );

export function actionsTests(stage: Stage): void {
  const id = () => `s-${crypto.randomUUID()}`;

  const first = id();
  inboxTest(
    stage,
    "5 Enter saves a name, Esc gives it up, an empty one takes it away, and one that is not saved is taken back",
    { hash: `#/s/${first}`, before: (user) => talk(user, first), expected: /500/ },
    async ({ page, user }) => {
      const saved = answered(page, "POST", /\/rename$/);
      await (await rename(page, "  Order 4711 ")).press("Enter");
      await saved;
      await named(page, "Order 4711").waitFor();
      const stored = async () => (await user.api.sessions.get(first)).data.session_name;
      await page.getByRole("link", { name: /Order 4711/ }).waitFor();

      await (await rename(page, "Never mind")).press("Escape");
      await named(page, "Order 4711").waitFor();
      equal(await stored(), "Order 4711");

      const isHeld = Promise.withResolvers<void>();
      await page.route(/\/rename/, async (route) => {
        await isHeld.promise;
        await route.fulfill({ status: 500, json: { detail: "The disk is full.", code: "internal" } });
      });
      await (await rename(page, "Too late")).press("Enter");
      await named(page, "Too late").waitFor();
      isHeld.resolve();
      await page.getByRole("alert").getByText("“Too late” was not saved. The disk is full.").waitFor();
      await named(page, "Order 4711").waitFor();
      await page.unroute(/\/rename/);
      const isBefore = Promise.withResolvers<void>();
      await page.route(/\/rename/, (route) => isBefore.promise.then(() => route.continue()), { times: 1 });
      await page.getByRole("button", { name: "Retry" }).click();
      await named(page, "Too late").waitFor();
      // The name before is still on its way while the next one is typed: that is nobody else's.
      await (await rename(page, "")).press("Enter");
      isBefore.resolve();
      await named(page, "The lamp is broken").waitFor();
      await page.getByRole("button", { name: "Generate a name" }).click();
      await named(page, "Lamp repair").waitFor();
    },
  );

  const shared = id();
  inboxTest(
    stage,
    "5 where somebody else has named it meanwhile both names are shown, and another change is no obstacle",
    { hash: `#/s/${shared}`, before: (user) => talk(user, shared), expected: /412/ },
    async ({ page, user }) => {
      const meanwhile = async (mine: string, change: () => Promise<unknown>) => {
        const seen = answered(page, "GET", /\/name$/);
        const field = await rename(page, mine);
        await seen;
        await change();
        await field.press("Enter");
      };
      await meanwhile("Mine", () => user.api.sessions.patch(shared, { tags: ["urgent"] }));
      await named(page, "Mine").waitFor();
      await page.getByRole("main").getByText("urgent", { exact: true }).waitFor();

      const dialog = page.getByRole("dialog", { name: "Somebody else has named it, too" });
      await meanwhile("Mine again", () => user.api.sessions.rename(shared, { name: "Theirs" }));
      await dialog.getByRole("button", { name: "Theirs" }).click();
      await named(page, "Theirs").waitFor();

      await meanwhile("Mine at last", () => user.api.sessions.rename(shared, { name: "Theirs again" }));
      const saved = answered(page, "POST", /\/rename$/);
      await dialog.getByRole("button", { name: "Mine at last" }).click();
      await saved;
      await named(page, "Mine at last").waitFor();
      await page.getByRole("link", { name: /Mine at last/ }).waitFor();
      equal(await dialog.count(), 0);
      equal((await user.api.sessions.get(shared)).data.session_name, "Mine at last");
    },
  );

  const kept = id();
  inboxTest(
    stage,
    "6 one conversation is tagged, pinned, archived, deleted after one question, and brought back",
    { hash: `#/s/${kept}`, before: (user) => talk(user, kept) },
    async ({ page, user }) => {
      const stored = async () => (await user.api.sessions.get(kept)).data;
      const patched = () => answered(page, "PATCH", /\/sessions\//);
      await page.getByRole("button", { name: "Add a tag" }).click();
      const field = page.getByRole("combobox", { name: "Add a tag" });
      for (const tag of ["billing", "vip"]) {
        const saved = patched();
        await field.fill(tag);
        await field.press("Enter");
        await saved;
      }
      const saved = patched();
      await page.getByRole("button", { name: "Remove the tag billing" }).click();
      await saved;
      await field.press("Escape");
      equal((await stored()).tags.join(), "vip");

      const pinned = patched();
      await page.getByRole("button", { name: "Pin", exact: true }).click();
      await pinned;
      equal((await stored()).pinned, true);
      await page.getByRole("button", { name: "Archive", exact: true }).click();
      await page.getByText("Archived.", { exact: true }).and(page.locator(".notice p")).waitFor();
      equal((await stored()).archived, true);
      const back = patched();
      await page.getByRole("button", { name: "Undo" }).click();
      await back;
      equal((await stored()).archived, false);

      await inMenu(page, "Delete…");
      const dialog = page.getByRole("dialog", { name: "Delete this conversation?" });
      await dialog.getByText("You can undo this.").waitFor();
      await dialog.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("button", { name: "Undo" }).waitFor();
      match(page.url(), /#\/$/);
      equal(await page.getByRole("link", { name: /The lamp is broken/ }).count(), 0);
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByRole("link", { name: /The lamp is broken/ }).waitFor();
    },
  );

  const gone = id();
  inboxTest(
    stage,
    "6 Undo is offered only where a deleted conversation can be brought back, and what the server refuses is shown again",
    { before: (user) => talk(user, gone), expected: /503/ },
    async ({ page, user }) => {
      await page.route(/\/info$/, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...(await answer.json()), delete_undo_seconds: 0 } });
      });
      await page.reload();
      await page.getByRole("link", { name: /The lamp is broken/ }).click();
      await page.route(/\/sessions\/s-/, async (route) => {
        if (route.request().method() !== "DELETE") return route.fallback();
        await route.fulfill({ status: 503, json: { detail: "Come back later.", code: "unavailable" } });
      });
      const remove = async () => {
        await inMenu(page, "Delete…");
        await page.getByRole("dialog").getByText("This cannot be undone.").waitFor();
        await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
      };
      await remove();
      await page.getByRole("alert").getByText("It was not deleted. Come back later.").waitFor();
      await page.getByRole("link", { name: /The lamp is broken/ }).waitFor();
      await page.unroute(/\/sessions\/s-/);
      await page.getByRole("button", { name: "Retry" }).click();
      await page.locator(".notice").getByText("Deleted.").waitFor();
      equal(await page.getByRole("button", { name: "Undo" }).count(), 0);
      equal((await user.api.sessions.list().first(1)).length, 0);
    },
  );

  const many = Array.from({ length: 4 }, id);
  inboxTest(
    stage,
    "6 what is chosen by box and by Shift is archived, tagged and deleted by one request, and brought back",
    { before: (user) => begin(stage, user, many) },
    async ({ page, user }) => {
      const rows = page.locator("a[data-session]");
      const bar = page.getByRole("toolbar", { name: "With what is selected" });
      const bulk = () => answered(page, "POST", /\/sessions\/bulk$/);
      const list = (query = {}) => user.api.sessions.list(query).first(9);
      await rows.nth(3).waitFor();
      const choose = async () => {
        await rows.first().hover();
        await page.getByRole("checkbox").first().click();
        await rows.nth(2).click({ modifiers: ["Shift"] });
        await bar.getByText("3 selected").waitFor();
      };
      await choose();
      equal(new URL(page.url()).hash, "");
      const archived = bulk();
      await bar.getByRole("button", { name: "Archive" }).click();
      equal((await (await archived).json()).succeeded, 3);
      await page.locator(".notice").getByText("3 archived.").waitFor();
      await rows.nth(1).waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Undo" }).click();
      await rows.nth(3).waitFor();

      await choose();
      await bar.getByRole("button", { name: "Tags" }).click();
      const dialog = page.getByRole("dialog", { name: "Tags of 3 conversations" });
      await dialog.getByRole("combobox").fill("vip, billing");
      await dialog.getByRole("combobox").press("Enter");
      const tagged = bulk();
      await dialog.getByRole("button", { name: "Save tags" }).click();
      await tagged;
      equal((await list({ tag: ["vip"] })).length, 3);

      await bar.getByRole("button", { name: "Delete…" }).click();
      const deleted = bulk();
      await page
        .getByRole("dialog", { name: "Delete 3 conversations?" })
        .getByRole("button", { name: "Delete" })
        .click();
      await deleted;
      await page.locator(".notice").getByText("3 deleted.").waitFor();
      await bar.waitFor({ state: "detached" });
      await rows.nth(1).waitFor({ state: "detached" });
      await page.locator(".notice", { hasText: "3 deleted." }).getByRole("button", { name: "Undo" }).click();
      await rows.nth(3).waitFor();
      equal((await list()).length, 4);
    },
  );

  const partly = Array.from({ length: 2 }, id);
  inboxTest(
    stage,
    "6 a change of many that fails is taken back and can be tried again; what fails of it is named",
    { before: (user) => begin(stage, user, partly), expected: /503/ },
    async ({ page, user }) => {
      const rows = page.locator("a[data-session]");
      await rows.nth(1).waitFor();
      await rows.first().focus();
      await page.keyboard.press("x");
      await page
        .getByRole("button", { name: "2 selected" })
        .or(page.getByRole("button", { name: "1 selected" }))
        .click();
      await page.route(/\/bulk$/, (route) => route.fulfill({ status: 503, json: { detail: "Come back later." } }));
      await page.getByRole("toolbar").getByRole("button", { name: "Archive" }).click();
      await page.getByRole("alert").getByText("2 conversations were not changed. Come back later.").waitFor();
      await rows.nth(1).waitFor();
      await page.unroute(/\/bulk$/);
      // Somebody else has deleted one of them meanwhile.
      await user.api.sessions.delete(partly[0] ?? "");
      await page.getByRole("button", { name: "Retry" }).click();
      await page.getByRole("alert").getByText("Not changed: “Number 0” (It is not there any more.).").waitFor();
      await page.locator(".notice").getByText("1 archived.").waitFor();
    },
  );

  const crowd = Array.from({ length: 51 }, id);
  inboxTest(
    stage,
    "6 a change of more than 50 is a job: it is seen at once, and followed to its end",
    { before: (user) => begin(stage, user, crowd) },
    async ({ page, user }) => {
      const rows = page.locator("a[data-session]");
      // The next page comes as one goes there.
      await rows.nth(49).scrollIntoViewIfNeeded();
      await rows.nth(50).waitFor({ state: "attached" });
      await rows.first().focus();
      await page.keyboard.press("x");
      await page.getByRole("button", { name: "1 selected" }).click();
      await page.getByRole("toolbar").getByText("51 selected").waitFor();
      await page.getByRole("toolbar").getByRole("button", { name: "Pin" }).click();
      await rows.nth(50).getByText("Pinned").waitFor({ state: "attached" });
      await page.locator(".notice").getByText("Pinning 51 conversations: done.").waitFor();
      equal((await user.api.sessions.list({ pinned: true }).first(60)).length, 51);
    },
  );

  const source = id();
  inboxTest(
    stage,
    "6 a conversation is forked into a new one that opens, and named by a model",
    { hash: `#/s/${source}`, before: (user) => talk(user, source) },
    async ({ page }) => {
      await inMenu(page, "Generate a name");
      await named(page, "Lamp repair").waitFor();
      await inMenu(page, "Fork");
      await page.waitForURL((url) => /#\/s\//.test(url.hash) && !url.hash.includes(source));
    },
  );

  const readable = id();
  inboxTest(
    stage,
    "i1 who may only read is offered no change of a conversation",
    {
      hash: `#/s/${readable}`,
      scopes: ["sessions:read", "agents:read"],
      before: async (user) => {
        const body = { session_id: readable, session_name: "Only to read", agent_id: "assistant", user_id: user.id };
        await stage.staff.request("POST", "/sessions", { body });
      },
    },
    async ({ page }) => {
      await named(page, "Only to read").waitFor();
      await page.getByRole("button", { name: "More to do" }).click();
      const items = await page.getByRole("menuitem").allTextContents();
      equal(items.join(), "Export,Copy link,Copy id");
      for (const name of ["Rename", "Pin", "Archive", "Add a tag"]) {
        equal(await page.getByRole("main").getByRole("button", { name, exact: true }).count(), 0, name);
      }
    },
  );
}
