import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { FunctionCalls } from "./support/function-calls.ts";
import { inboxTest } from "./support/inbox-page.ts";
import {
  listRequests,
  loadAll,
  lookAgain,
  MadeUpList,
  makeSessions,
  row,
  say,
  show,
  shownRows,
} from "./support/sessions.ts";
import { KEY, type Stage } from "./support/stage.ts";

/** More than a server gives at once, as a test has little time. */
const PAGE = 500;
/** In the source of a row, and of nothing else. */
const ROW = '"data-session"';

export function listTests(stage: Stage): void {
  inboxTest(
    stage,
    "37 who comes back has the list on its way while the server says who that is",
    { before: (user) => makeSessions(user, 1) },
    async ({ page }) => {
      const said = Promise.withResolvers<void>();
      await page.route("**/me", async (route) => {
        await said.promise;
        await route.continue();
      });
      const asked = page.waitForRequest((request) => new URL(request.url()).pathname === "/sessions");
      await page.reload({ waitUntil: "commit" });
      await asked;
      assert.equal(await page.locator("a.row").count(), 0);
      said.resolve();
      await page.locator("a.row").first().waitFor();
    },
  );

  inboxTest(
    stage,
    "2 the time of a row has all of itself as its tip, once somebody points at it",
    { before: (user) => makeSessions(user, 1) },
    async ({ page }) => {
      const time = page.locator("a.row time");
      await time.hover();
      assert.match((await time.getAttribute("title")) ?? "", /day, .*\d{4}.*:\d\d:\d\d/);
    },
  );

  inboxTest(
    stage,
    "3 a session of a file whose dates are still to come hides nothing that changes",
    {
      before: async (user) => {
        const line = {
          session_id: `to-come-${user.id}`,
          user_id: user.id,
          agent_id: "assistant",
          session_type: "agent",
        };
        const dates = { created_at: 4e9, updated_at: 2e11, session_data: { session_name: "To come" }, runs: [] };
        await stage.staff.request("POST", "/import", { body: JSON.stringify({ ...line, ...dates }) });
      },
    },
    async ({ page, user }) => {
      await page.getByText("To come").waitFor();
      const sessionId = await say(user, "news");
      await lookAgain(page);
      await row(page, sessionId).waitFor();
      await page.locator(".unread").getByText("You said: news").waitFor();
    },
  );

  inboxTest(
    stage,
    "1 the list is there with one request, and asks for its next page when the last row is within one screen",
    { before: (user) => makeSessions(user, 60) },
    async ({ page }) => {
      const newest = page.getByText("Session 59");
      await newest.waitFor();
      const asked = listRequests(page);
      await page.reload();
      await newest.waitFor();
      assert.deepEqual(
        asked.map((query) => [query.get("limit"), query.get("cursor"), query.get("sort_by")]),
        [["50", null, "updated_at"]],
      );
      assert.equal(await page.locator("a.row").count(), 50);
      await page.locator("a.row").nth(30).scrollIntoViewIfNeeded();
      await page.evaluate("new Promise(requestAnimationFrame)");
      assert.equal(asked.length, 1);
      await page.locator("a.row").nth(42).scrollIntoViewIfNeeded();
      await page.getByText("Session 0", { exact: true }).waitFor({ state: "attached" });
      assert.equal(asked.length, 2);
      assert.equal(new Set(await shownRows(page)).size, 60);
    },
  );

  inboxTest(
    stage,
    "2 a row says how the session is called, what was said last, when, by which agent, its tags, and what waits",
    {
      before: async (user) => {
        await say(user, "What does it cost?");
        const named = await say(user, "Hello", "named");
        await user.api.sessions.patch(named, { session_name: "Greeting", tags: ["billing", "urgent"], pinned: true });
        await user.api
          .agent("operator")
          .run({ message: `/tool delete_record {"id":"7"}`, sessionId: `waits ${user.id}` })
          .result();
      },
    },
    async ({ page, user }) => {
      const named = row(page, "named");
      await named.getByText("Greeting").waitFor();
      assert.match(await named.innerText(), /Greeting.*You said: Hello.*assistant.*billing.*urgent/s);
      await named.getByText("Pinned").waitFor({ state: "attached" });
      assert.equal(await named.getByText("Greeting").evaluate(fontStyle), "normal");
      const unnamed = page.getByRole("link").getByText("What does it cost?", { exact: true });
      assert.equal(await unnamed.evaluate(fontStyle), "italic");
      await row(page, `waits ${user.id}`).getByText("1 waits for you").waitFor();
      await page.getByRole("link", { name: "Waiting for you" }).click();
      await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
      await named.waitFor({ state: "detached" });
      await row(page, `waits ${user.id}`).waitFor();
      assert.deepEqual(await shownRows(page), [`waits ${user.id}`]);
    },
  );

  inboxTest(
    stage,
    "3 the list asks for what is new when its tab is shown again, and a row that moves leaves place and focus alone",
    { before: (user) => makeSessions(user, 60, (nth) => ({ session_id: `${user.id}-${nth}` })) },
    async ({ page, user }) => {
      const id = (nth: number) => `${user.id}-${nth}`;
      await row(page, id(59)).waitFor();
      const asked = listRequests(page);
      const list = page.locator(".rows");
      await list.evaluate((rows) => rows.scrollTo(0, 1200));
      await page.locator("a.row").nth(22).focus();
      const focused = await sessionOf(page.locator("a.row:focus"));
      await show(page, "hidden");
      await user.api.sessions.patch(id(5), { session_name: "Changed elsewhere" });
      await user.api.sessions.patch(focused, { session_name: "Changed where I am" });
      await user.api.sessions.patch(id(3), { archived: true });
      assert.equal(asked.filter((query) => query.has("updated_after")).length, 0);
      await lookAgain(page);
      await firstRow(page, focused).waitFor({ state: "attached" });
      assert.equal(await sessionOf(page.locator("a.row:focus")), focused);
      // The row that has moved is above; what stood below it is where it was.
      const below = await sessionOf(page.locator("a.row").nth(24));
      await row(page, id(3)).waitFor({ state: "detached" });
      await row(page, id(5)).getByText("Changed elsewhere").waitFor({ state: "attached" });
      const newest = asked.find((query) => query.has("updated_after"))?.get("updated_after");
      assert.match(newest ?? "", /^20/);
      // One that does not move: a change elsewhere leaves it to the pixel.
      const stays = row(page, below);
      const stayedAt = await topOf(stays);
      await user.api.sessions.patch(id(7), { session_name: "Again elsewhere" });
      await show(page, "hidden");
      await lookAgain(page);
      await firstRow(page, id(7)).waitFor({ state: "attached" });
      assert.ok(Math.abs((await topOf(stays)) - stayedAt) <= 1);
    },
  );

  inboxTest(
    stage,
    "3 a list in which a name is edited stands still until that is done: what was typed, and where, stays",
    {
      before: (user) => makeSessions(user, 60, (nth) => ({ session_id: `${user.id}-${nth}` })),
      // The pin is a change since the name was looked up, and no obstacle.
      expected: /status of 412/,
    },
    async ({ page, user }) => {
      await row(page, `${user.id}-59`).waitFor();
      await page.locator(".rows").evaluate((rows) => rows.scrollTo(0, 1200));
      await page.locator("a.row").nth(22).focus();
      const edited = await sessionOf(page.locator("a.row:focus"));
      await page.keyboard.press("F2");
      const field = page.getByRole("textbox", { name: "Name of the conversation" });
      await field.fill("Half typ");
      const stoodAt = await topOf(field);
      await show(page, "hidden");
      await user.api.sessions.patch(edited, { pinned: true });
      await user.api.sessions.patch(`${user.id}-3`, { pinned: true });
      await lookAgain(page);
      await row(page, edited).getByText("Pinned").waitFor({ state: "attached" });
      await page.keyboard.type("ed");
      assert.equal(await field.inputValue(), "Half typed");
      assert.equal(await topOf(field), stoodAt);
      await page.keyboard.press("Enter");
      await firstRow(page, `${user.id}-3`).waitFor({ state: "attached" });
      await row(page, edited).getByText("Half typed").waitFor({ state: "attached" });
    },
  );

  inboxTest(
    stage,
    "4 what one has seen to its end stays read, though one leaves at once; one that was deleted elsewhere is gone",
    {
      before: async (user) => {
        for (const name of ["a", "b", "c"]) await say(user, `Hello ${name}`, `${user.id}-${name}`);
      },
      expected: /status of 404/,
    },
    async ({ page, user }) => {
      const [a, b, c] = [`${user.id}-a`, `${user.id}-b`, `${user.id}-c`];
      // No round of the clock may be what tells it.
      await page.addInitScript({
        content:
          "const wait = setTimeout; setTimeout = (act, ms, ...rest) => ms === 10000 ? 0 : wait(act, ms, ...rest);",
      });
      await page.reload();
      await row(page, a).click();
      await page.getByRole("log").getByText("You said: Hello a").waitFor();
      const field = page.getByRole("textbox", { name: "Message", exact: true });
      await field.fill("And more");
      const isHeld = Promise.withResolvers<void>();
      await page.route("**/sessions?**", (route) => isHeld.promise.then(() => route.continue()));
      await field.press("Enter");
      await page.getByText("Answer is complete").waitFor({ state: "attached" });
      await row(page, b).click();
      await page.getByRole("log").getByText("You said: Hello b").waitFor();
      isHeld.resolve();
      await row(page, a).getByText("You said: And more").waitFor();
      assert.equal(await page.locator("a.row.unread").count(), 0);
      await user.api.sessions.delete(c);
      await row(page, c).click();
      await page.getByText("There is no such conversation").waitFor();
      await row(page, c).waitFor({ state: "detached" });
      await row(page, b).click();
      await page.getByRole("log").getByText("You said: Hello b").waitFor();
      await lookAgain(page);
      assert.equal(await page.locator("a.row.unread").count(), 0);
      // And while one looks at it.
      await user.api.sessions.delete(b);
      await lookAgain(page);
      await page.getByText("There is no such conversation").waitFor();
      await row(page, b).waitFor({ state: "detached" });
    },
  );

  inboxTest(
    stage,
    "4 what is said while it is not open is unread in this browser, until it is opened or marked",
    { before: (user) => Promise.all(["a", "b"].map((name) => say(user, `Hello ${name}`, `${user.id}-${name}`))) },
    async ({ page, user, open }) => {
      const [a, b] = [`${user.id}-a`, `${user.id}-b`];
      await row(page, a).waitFor();
      assert.equal(await page.locator("a.row.unread").count(), 0);
      await say(user, "More", a);
      const made = await say(user, "New", `${user.id}-c`);
      await lookAgain(page);
      await page.locator("a.row.unread").nth(1).waitFor();
      await page.getByRole("link", { name: "Unread 2" }).click();
      await page.getByRole("heading", { name: "Unread" }).waitFor();
      await row(page, b).waitFor({ state: "detached" });
      await row(page, made).waitFor();
      assert.deepEqual((await shownRows(page)).sort(), [a, made].sort());
      await row(page, a).click();
      await page.locator(`a.row[data-session="${a}"]:not(.unread)`).waitFor();
      // What was read while one looks stays where it is.
      assert.deepEqual((await shownRows(page)).sort(), [a, made].sort());
      await page.reload();
      await row(page, made).waitFor();
      assert.deepEqual(await shownRows(page), [made, ...(await shownRows(page)).filter((id) => id === a)]);
      const other = await open("#/?view=unread");
      await row(other, made).waitFor();
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("menuitem", { name: "Mark all as read" }).click();
      await page.getByText("1 conversation marked as read").first().waitFor();
      await other.locator(`a.row[data-session="${made}"]:not(.unread)`).waitFor();
      await page.getByRole("link", { name: "All", exact: true }).click();
      await row(page, b).waitFor();
      assert.equal(await page.locator("a.row.unread").count(), 0);
    },
  );

  inboxTest(
    stage,
    "i5 the tags of the loaded rows are views, and a view of one asks the server for it",
    {
      before: (user) =>
        makeSessions(user, 4, (nth) => ({ tags: nth === 0 ? ["rare", "billing"] : nth === 1 ? ["billing"] : [] })),
    },
    async ({ page }) => {
      const tags = page.getByRole("navigation").locator(".tags a");
      await tags.first().waitFor();
      assert.deepEqual(await tags.allInnerTexts(), ["billing", "rare"]);
      const asked = listRequests(page);
      await tags.getByText("rare").click();
      await page.getByRole("heading", { name: "rare" }).waitFor();
      await page.getByText("Session 0").waitFor();
      assert.equal(await page.locator("a.row").count(), 1);
      assert.deepEqual(asked[0]?.getAll("tag"), ["rare"]);
      assert.deepEqual(await tags.allInnerTexts(), ["billing", "rare"]);
    },
  );

  inboxTest(
    stage,
    "i1 staff see one user's conversations by the filter",
    { credential: KEY, before: (user) => makeSessions(user, 2) },
    async ({ page, user }) => {
      await page.getByRole("button", { name: "Filter" }).click();
      await page.getByRole("searchbox", { name: "User" }).fill(user.id);
      await page.keyboard.press("Enter");
      await page.locator("a.row").nth(1).waitFor();
      await page.getByRole("combobox", { name: "Agent or team" }).selectOption({ label: "Operator" });
      await page.getByText("Nothing matches").waitFor();
      assert.match(page.url(), /component=agents%2Foperator&user=/);
      await page.getByRole("button", { name: "Filter" }).click();
      assert.equal(await page.getByRole("searchbox", { name: "User" }).count(), 0);
    },
  );

  inboxTest(stage, "i1 a confined user has no field for another one", {}, async ({ page }) => {
    await page.getByText("No conversations yet").waitFor();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("combobox", { name: "Agent or team" }).waitFor();
    assert.equal(await page.getByRole("searchbox", { name: "User" }).count(), 0);
  });

  inboxTest(
    stage,
    "36 a list that cannot be loaded says so, and is there after Retry",
    { expected: /status of 500/, hash: "#/approvals", before: (user) => makeSessions(user, 1) },
    async ({ page }) => {
      const failure = {
        status: 500,
        json: { detail: "Out of order.", code: "internal" },
        headers: { "X-Request-Id": "r1" },
      };
      await page.route("**/sessions?**", (route) => route.fulfill(failure));
      await page.getByRole("link", { name: "All", exact: true }).click();
      const alert = page.getByRole("alert").filter({ hasText: "could not be loaded" });
      await alert.getByText("Out of order.").waitFor();
      await page.unroute("**/sessions?**");
      await alert.getByRole("button", { name: "Retry" }).click();
      await page.getByText("Session 0").waitFor();
    },
  );

  inboxTest(
    stage,
    "i8 of 5,000 rows those are rendered that change: one that is new, one that moves, and none for a poll without news",
    // The session that is opened is made up.
    { hash: "#/approvals", height: 1000, expected: /status of 404/ },
    async ({ page }) => {
      const list = new MadeUpList(5_000, PAGE);
      await page.route("**/sessions?**", (route) =>
        route.fulfill({ json: list.answer(new URL(route.request().url())) }),
      );
      await page.getByRole("link", { name: "All", exact: true }).click();
      await page.locator("a.row").first().waitFor();
      await page.evaluate(loadAll(5_000));
      assert.equal(await page.locator("a.row").count(), 5_000);
      const rendered = await FunctionCalls.of(page, ROW);
      await lookAgain(page);
      assert.equal(await rendered.sinceLast(), 0);
      list.change(4_000, { session_name: "Moved to the head" });
      await lookAgain(page);
      await row(page, "row-4000").getByText("Moved to the head").waitFor({ state: "attached" });
      // Itself, and the row that was first: Tab led there.
      assert.equal(await rendered.sinceLast(), 2);
      await row(page, "row-4999").click();
      await page.locator('a.row[data-session="row-4999"][aria-current]').waitFor({ state: "attached" });
      const opened = await rendered.sinceLast();
      assert.ok(opened >= 1 && opened <= 4, `${opened} rows were rendered for the one that was opened`);
    },
  );

  inboxTest(
    stage,
    "3 a list of sessions that all changed in one second, as an import makes it, stays loaded while it asks for what is new",
    { hash: "#/approvals" },
    async ({ page }) => {
      const list = new MadeUpList(600, 50);
      list.changeAllAtOnce();
      await page.route("**/sessions?**", (route) =>
        route.fulfill({ json: list.answer(new URL(route.request().url())) }),
      );
      await page.getByRole("link", { name: "All", exact: true }).click();
      await page.locator("a.row").first().waitFor();
      await page.evaluate(loadAll(600));
      const asked = listRequests(page);
      await lookAgain(page);
      list.change(400, { session_name: "Moved to the head" });
      await lookAgain(page);
      await firstRow(page, "row-400").waitFor({ state: "attached" });
      assert.equal(await page.locator("a.row").count(), 600);
      // One look without news, and one whose second page has none.
      assert.equal(asked.length, 3);
    },
  );
}

const fontStyle = (one: { ownerDocument: { defaultView: { getComputedStyle(of: unknown): { fontStyle: string } } } }) =>
  one.ownerDocument.defaultView.getComputedStyle(one).fontStyle;

const sessionOf = async (link: Locator): Promise<string> => (await link.getAttribute("data-session")) ?? "";
const topOf = (link: Locator): Promise<number> => link.evaluate((one) => one.getBoundingClientRect().top);
const firstRow = (page: Page, sessionId: string): Locator =>
  page.locator(`.row-part:first-child > :first-child a.row[data-session="${sessionId}"]`);
