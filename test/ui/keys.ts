import { equal, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

/** Conversations without a word, of the user. */
async function begin(stage: Stage, { id }: User, names: readonly string[]): Promise<void> {
  for (const session_name of names) {
    const body = { session_name, session_id: `s-${crypto.randomUUID()}`, agent_id: "assistant", user_id: id };
    await stage.staff.request("POST", "/sessions", { body });
  }
}

const rows = (page: Page) => page.locator("a[data-session]");
const namesOf = async (page: Page) => rows(page).locator(".row-name").allTextContents();
/** Waits until this row has the focus. */
const atRow = (page: Page, name: string) =>
  page.locator("a[data-session]:focus").filter({ hasText: name }).waitFor({ state: "attached" });

export function keysTests(stage: Stage): void {
  inboxTest(
    stage,
    "30 31 single keys go through the list and change what they are at, and the focus is where one goes on",
    { before: (user) => begin(stage, user, ["Anna", "Berta", "Carla", "Dora"]) },
    async ({ page, user }) => {
      await rows(page).nth(3).waitFor();
      const [first = "", second = "", third = "", fourth = ""] = await namesOf(page);
      const stored = async (name: string, archived: "all" | "true" = "all") =>
        (await user.api.sessions.list({ archived }).first(9)).find((one) => one.session_name === name);
      const patched = () => page.waitForResponse((answer) => answer.request().method() === "PATCH");

      await page.keyboard.press("j");
      await atRow(page, first);
      await page.keyboard.press("j");
      await atRow(page, second);
      await page.keyboard.press("k");
      await atRow(page, first);

      const pinned = patched();
      await page.keyboard.press("p");
      await pinned;
      ok((await stored(first))?.pinned);
      await page.keyboard.press("u");
      await page.locator("a.unread").filter({ hasText: first }).waitFor();
      await page.keyboard.press("u");
      await page.locator("a:not(.unread)").filter({ hasText: first }).waitFor();

      const archived = patched();
      await page.keyboard.press("e");
      await archived;
      await atRow(page, second);
      ok(await stored(first, "true"));
      equal((await namesOf(page)).includes(first), false);

      await page.keyboard.press("F2");
      const field = page.getByRole("textbox", { name: "Name of the conversation" });
      await field.fill("Second");
      const renamed = page.waitForResponse((answer) => answer.url().includes("/rename"));
      await field.press("Enter");
      await renamed;
      await atRow(page, "Second");

      await page.keyboard.press("x");
      await page.keyboard.press("j");
      await page.keyboard.press("x");
      await page.getByRole("toolbar").getByText("2 selected").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("toolbar").waitFor({ state: "detached" });

      await atRow(page, third);
      await page.keyboard.press("Shift+#");
      await page.getByRole("dialog", { name: "Delete this conversation?" }).waitFor();
      // The line about what was archived may still offer its own Undo.
      const deleted = page.waitForResponse((answer) => answer.request().method() === "DELETE");
      await page.keyboard.press("Enter");
      await atRow(page, fourth);
      await deleted;
      equal(await stored(third), undefined);

      await page.keyboard.press("Enter");
      await page.getByRole("main").getByRole("heading", { name: fourth }).waitFor();
      await page.locator("textarea:focus").waitFor();
      await page.keyboard.type("jep");
      equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "jep");
      await page.keyboard.press("Escape");
      await page.keyboard.press("r");
      await page.locator("textarea:focus").waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await atRow(page, fourth);
      await page.keyboard.press("/");
      await page.locator("input[type=search]:focus").waitFor();
    },
  );

  inboxTest(
    stage,
    "30 keys lead to the screens and to their own list, and all of them can be turned off",
    {},
    async ({ page }) => {
      const isAt = (hash: string) => page.waitForURL((url) => url.hash === hash);
      await page.getByRole("navigation").waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("a");
      await isAt("#/approvals");
      await page.keyboard.press("Escape");
      await isAt("#/");
      await page.keyboard.press("c");
      await isAt("#/new");
      const message = page.getByRole("textbox").first();
      await message.focus();
      await page.keyboard.type("gic?e");
      equal(await message.inputValue(), "gic?e");
      await isAt("#/new");
      await page.keyboard.press("Escape");
      await page.keyboard.press("g");
      await page.keyboard.press("i");
      await isAt("#/");

      await page.keyboard.press("?");
      const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
      await help.getByText("New conversation").waitFor();
      await page.keyboard.press("c");
      await help.getByRole("checkbox", { name: "Single keys do something" }).click();
      await page.keyboard.press("Escape");
      await help.waitFor({ state: "detached" });
      await page.keyboard.press("c");
      await page.keyboard.press("?");
      equal(await help.count(), 0);
      await page.reload();
      await page.getByRole("navigation").waitFor();
      await page.keyboard.press("c");
      await page.getByRole("button", { name: "Account and settings" }).click();
      await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
      await help.getByRole("checkbox", { name: "Single keys do something" }).click();
      await page.keyboard.press("Escape");
      await isAt("#/");
      await page.keyboard.press("c");
      await isAt("#/new");
    },
  );

  inboxTest(
    stage,
    "31 by keyboard alone: a conversation is found by a word and renamed, a call approved, a run stopped and exported",
    {
      before: async (user) => {
        const say = (name: string, message: string, sessionId: string) =>
          user.api
            .agent(name)
            .run({ message, sessionId: `${user.id}-${sessionId}` })
            .result();
        await say("assistant", "The lamp in the hall flickers", "lamp");
        await say("assistant", "Where is my parcel?", "parcel");
        await say("operator", '/tool delete_record {"id":"7"}', "record");
      },
    },
    async ({ page, user }) => {
      const { keyboard } = page;
      const press = async (...keys: string[]) => {
        for (const key of keys) await keyboard.press(key);
      };
      /** Goes on to the next thing of this name. */
      const tabTo = async (name: string, key = "Tab") => {
        for (let steps = 0; steps < 30; steps += 1) {
          await keyboard.press(key);
          if ((await nameOf(page)) === name) return;
        }
        throw new Error(`${key} does not lead to “${name}”, but to “${await nameOf(page)}”.`);
      };
      const composer = page.locator(".composer textarea:focus");

      await rows(page).nth(2).waitFor();
      await press("j", "Enter");
      await composer.waitFor();
      // A key that types nothing works in a field, too.
      await press("F2");
      await page.locator(".session-name input:focus").waitFor();
      await press("Escape");
      // Back to where it was.
      await composer.waitFor();
      await press("Escape", "/");
      await page.locator("input[type=search]:focus").waitFor();
      await keyboard.type("flickers");
      await page.locator(".found mark").first().waitFor();
      const answered = page.waitForResponse((answer) => answer.request().method() === "PATCH");
      await press("ArrowDown", "p");
      await page.locator(".found a:focus").filter({ hasText: "lamp" }).waitFor({ state: "attached" });
      const pinned = async () => (await user.api.sessions.list({ pinned: true }).first(9)).map((one) => one.session_id);
      // What is open is another one.
      await answered;
      equal((await pinned()).join(), `${user.id}-lamp`);

      await press("F2");
      await page.locator(".session-name input:focus").waitFor();
      // Once all of the conversation is there nothing but the field takes the focus.
      await page.locator(".composer textarea").waitFor();
      await keyboard.type("A lamp");
      const renamed = page.waitForResponse((answer) => answer.url().includes("/rename"));
      await press("Enter");
      await page.getByRole("heading", { name: "A lamp" }).waitFor();
      await renamed;
      equal((await user.api.sessions.get(`${user.id}-lamp`)).data.session_name, "A lamp");

      await press("/");
      await page.locator("input[type=search]:focus").waitFor();
      await press("Enter");
      await page.locator(".log-run:focus").waitFor();
      await press("Escape");
      await page.locator(".found a:focus").waitFor({ state: "attached" });
      await press("Escape");
      await page.locator("input[type=search]:focus").waitFor();
      await rows(page).nth(2).waitFor();

      await press("Escape", "g", "a");
      await page.getByRole("heading", { name: "Approvals" }).waitFor();
      await page.getByText("asks to run").waitFor();
      await tabTo("Approve");
      await press("Enter");
      await page.getByText("The run is complete").waitFor();

      await press("c");
      await page.locator("textarea:focus").waitFor();
      await keyboard.type("Slowly please");
      await press("Enter");
      await composer.waitFor();
      await rows(page).filter({ hasText: "Slowly please" }).waitFor();
      stage.model.say(2);
      await page.getByText("word1 word2").first().waitFor();
      await tabTo("Stop");
      await press("Enter");
      await page.getByRole("log").getByText("Stopped.").waitFor();
      await composer.waitFor();

      await tabTo("More to do", "Shift+Tab");
      await press("Enter");
      const item = page.getByRole("menuitem", { name: "Export" });
      await item.waitFor();
      while ((await nameOf(page)) !== "Export") await press("ArrowDown");
      const download = page.waitForEvent("download");
      await press("Enter");
      await (await download).path();
      await page.getByText("1 conversation saved.").first().waitFor();
      // The row of what is open leads into it, too.
      await press("j", "Enter");
      await composer.waitFor();
    },
  );
}

/** What is said of the thing that has the focus. */
const nameOf = (page: Page) =>
  page.evaluate<string>("document.activeElement.ariaLabel ?? document.activeElement.textContent");
