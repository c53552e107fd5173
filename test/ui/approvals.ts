import assert from "node:assert/strict";
import type { Page, Route } from "playwright-core";
import type { Requirement, RequirementList } from "../../packages/client/src/index.ts";
import { copied } from "./support/clipboard.ts";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

const hash = "#/approvals";

/** Has an agent call these tools, and waits until its run does. */
async function ask({ api }: User, ...calls: [tool: string, args: object][]) {
  const message = calls.map(([tool, args]) => `/tool ${tool} ${JSON.stringify(args)}`).join("\n");
  return api.agent("operator").run({ message, sessionId: crypto.randomUUID() }).result();
}

const card = (page: Page, tool: string) => page.locator(".ask").filter({ hasText: tool });
const countOf = (page: Page) => page.getByRole("link", { name: "Approvals" }).locator(".count");
/** The page asks again, as it does when the browser is connected again. */
const poll = (page: Page) => page.evaluate("dispatchEvent(new Event('online'))");
const open = async ({ api }: User) => (await api.requirements.list().first(100)).length;

/** Changes what the page is told of what is open. */
async function told(page: Page, change: (row: Requirement) => Requirement): Promise<void> {
  await page.route("**/requirements?*", async (route) => {
    const response = await route.fetch();
    const list = (await response.json()) as RequirementList;
    await route.fulfill({ response, json: { ...list, data: list.data.map(change) } });
  });
  await page.reload();
}

export function approvalsTests(stage: Stage): void {
  inboxTest(
    stage,
    "18 a confirmation shows who asks for what, with all arguments, and is approved by its own button alone",
    { hash, before: (user) => ask(user, ["delete_record", { id: "x".repeat(1_900) }]) },
    async ({ page, user }) => {
      const one = card(page, "delete_record");
      await one.getByText("Operator asks to run delete_record").waitFor();
      await one.getByText("x".repeat(1_900), { exact: true }).waitFor();
      await one.getByLabel("Note").fill("Twice is enough");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Approvals" }).click();
      for (const key of ["a", "y", "Enter", "Control+Enter"]) await page.keyboard.press(key);
      assert.equal(await open(user), 1);
      await one.getByRole("button", { name: "Approve" }).focus();
      await page.keyboard.press("Enter");
      await one.getByText("Approved by you").waitFor();
      await one.getByText("Twice is enough").waitFor();
      await page.getByText("The run is complete").waitFor();
    },
  );

  inboxTest(
    stage,
    "18 a confirmation says what of long arguments is not shown, how long there is to answer, and who may",
    { hash, before: (user) => ask(user, ["delete_record", { id: "x".repeat(4_000) }]) },
    async ({ page }) => {
      const one = card(page, "delete_record");
      await one.getByText("1,952 more characters not shown").waitFor();
      await one.getByRole("button", { name: "Show all of the arguments" }).click();
      await one.getByText("x".repeat(4_000), { exact: true }).waitFor();
      await told(page, (row) => ({
        ...row,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        on_expiry: "cancel",
        tool_execution: { ...row.tool_execution, approval_type: "required" },
        note: "outcome unknown",
      }));
      await one.getByText(/Expires in 59m \d+s, then the run is cancelled/).waitFor();
      await one.getByText("This call may have run already").waitFor();
      await one.getByText("Only people who may approve can answer this.").waitFor();
      assert.equal(await one.getByRole("button", { name: "Approve" }).count(), 0);
    },
  );

  inboxTest(
    stage,
    "18 nothing of what is approved is out of sight, unseen, or turned around",
    {
      hash,
      before: (user) =>
        ask(user, ["delete_record", { id: `ls${"\n".repeat(90)}rm -rf \u202e/`, "as\u200b": "1\n2\n3".repeat(90) }]),
    },
    async ({ page }) => {
      const one = card(page, "delete_record");
      await one.getByText(/rm -rf \\u\{202e\}\//).waitFor();
      await one.getByText("as\\u{200b}").waitFor();
      const folded = `[...document.querySelectorAll(".ask *")].filter(
        (one) => one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== "visible")`;
      assert.equal(await page.evaluate(`${folded}.length`), 0);
    },
  );

  inboxTest(
    stage,
    "18 the time to answer is the server's, whatever clock the browser has",
    { hash, before: (user) => ask(user, ["delete_record", { id: "1" }]) },
    async ({ page }) => {
      for (const days of [-4_000, 4_000]) {
        await page.addInitScript(`const now = Date.now; Date.now = () => now() + ${days} * 86_400_000`);
        await told(page, (row) => ({ ...row, expires_at: new Date(Date.now() + 3_600_000).toISOString() }));
        await page.getByText(/Expires in 59m \d+s/).waitFor();
      }
    },
  );

  inboxTest(
    stage,
    "18 a confirmation whose time is over says so",
    { hash, before: (user) => ask(user, ["delete_record", { id: "1" }]) },
    async ({ page }) => {
      await page.route("**/agents/operator/runs/*", async (route) => {
        const response = await route.fetch();
        const run = await response.json();
        const [one] = run.requirements;
        const tool_execution = { ...one.tool_execution, confirmed: false };
        const expired = { ...one, tool_execution, answered_at: new Date().toISOString() };
        await route.fulfill({ response, json: { ...run, status: "RUNNING", requirements: [expired] } });
      });
      const soon = new Date(Date.now() + 1_000).toISOString();
      await told(page, (row) => ({ ...row, expires_at: soon }));
      await page.getByText("The time to answer is over, then it is rejected").waitFor();
      await page.getByText("Expired: nobody answered in time").waitFor();
    },
  );

  inboxTest(
    stage,
    "19 user input is a form with what the agent gave in it, which marks what is wrong and keeps what was typed",
    {
      hash,
      before: (user) => ask(user, ["send_email", { subject: "Invoice" }]),
      expected: /status of 422/,
    },
    async ({ page }) => {
      const one = card(page, "send_email");
      const subject = one.getByRole("textbox", { name: "Subject" });
      assert.equal(await subject.inputValue(), "Invoice");
      await one.getByText("The subject of the email. · filled in by the agent").waitFor();
      await subject.fill("Invoice 7");
      await one.getByRole("button", { name: "Send answer" }).click();
      const to = one.getByRole("textbox", { name: "To", exact: true });
      await one.getByText("Field required").waitFor();
      assert.equal(await to.getAttribute("aria-invalid"), "true");
      assert.equal(await subject.inputValue(), "Invoice 7");
      await page.keyboard.type("ada@example.com");
      assert.equal(await to.inputValue(), "ada@example.com", "the focus is in the field that is wrong");
      assert.equal(await one.getByText("Field required").count(), 0);
      await page.keyboard.press("Enter");
      await one.getByText("Filled in by you").waitFor();
      await page.getByText('The email "Invoice 7" would go to ada@example.com').waitFor();
    },
  );

  inboxTest(
    stage,
    "20 a call that is executed elsewhere is copied from its card, which takes the result",
    { hash, before: (user) => ask(user, ["run_shell", { command: "ls -la" }]) },
    async ({ page }) => {
      const one = card(page, "run_shell");
      const text = await copied(page, async () => {
        await one.getByRole("button", { name: "Copy arguments" }).click();
        await one.getByRole("button", { name: "Copied" }).waitFor();
      });
      assert.equal(text, "ls -la");
      await one.getByRole("button", { name: "Send answer" }).click();
      await one.getByText("Write what the call gave, or that it gave nothing.").waitFor();
      await one.getByLabel("What it gave").fill("total 0");
      await one.getByRole("button", { name: "Send answer" }).click();
      await one.getByText("Result given by you").waitFor();
      await page.getByText("The tool answered: total 0").waitFor();
    },
  );

  inboxTest(
    stage,
    "21 several are answered one by one, or all together once nothing of them is left open",
    {
      hash,
      before: (user) =>
        ask(
          user,
          ["delete_record", { id: "1" }],
          ["send_email", { subject: "Invoice" }],
          ["run_shell", { command: "ls" }],
        ),
    },
    async ({ page }) => {
      const remove = card(page, "delete_record");
      const shell = card(page, "run_shell");
      await remove.getByRole("radio", { name: "Reject" }).check();
      const all = page.getByRole("button", { name: "Answer all 3" });
      await page.getByText(/Still open: (send_email, run_shell|run_shell, send_email)/).waitFor();
      assert.equal(await all.isDisabled(), true);
      await shell.getByLabel("What it gave").fill("nothing");
      await shell.getByRole("button", { name: "Send answer" }).click();
      await shell.getByText("Result given by you").waitFor();
      await page.getByText("Still open: send_email").waitFor();
      await card(page, "send_email").getByRole("textbox", { name: "To", exact: true }).fill("ada@example.com");
      await page.getByText("All are filled in.").waitFor();
      await page.getByRole("button", { name: "Answer all 2" }).click();
      await remove.getByText("Rejected by you").waitFor();
      await card(page, "send_email").getByText("Filled in by you").waitFor();
      await page.getByText("The run is complete").waitFor();
    },
  );

  inboxTest(
    stage,
    "22 what was answered elsewhere shows by whom and with what, whether one answers it too or just looks",
    {
      hash,
      before: async (user) => {
        await ask(user, ["send_email", { subject: "Stays open" }]);
        await ask(user, ["delete_record", { id: "1" }]);
        await ask(user, ["run_shell", { command: "ls" }]);
      },
      expected: /status of 409/,
    },
    async ({ page, user, stage }) => {
      const [shell, remove] = await user.api.requirements.list().first(2);
      assert(shell?.kind === "external_execution" && remove?.kind === "confirmation");
      await card(page, "delete_record").getByRole("button", { name: "Approve" }).waitFor();
      for (const row of [shell, remove]) {
        const path = `/agents/operator/runs/${row.run_id}/continue`;
        const requirements = [{ id: row.id, confirmation: false, confirmation_note: "Too early" }];
        const body = { session_id: row.session_id, answered_by: "boss", requirements, stream: false };
        await stage.staff.request("POST", path, { body });
      }
      await card(page, "delete_record").getByRole("button", { name: "Approve" }).click();
      await card(page, "delete_record").getByText("Rejected by boss").waitFor();
      await card(page, "delete_record").getByText("Too early").waitFor();
      await ask(user, ["delete_record", { id: "later" }]);
      await poll(page);
      await card(page, "run_shell").getByText("Rejected by boss").waitFor();
      // What is new elsewhere does not move what one is about to press.
      await page.getByRole("button", { name: "Show 1 new one" }).waitFor();
      assert.equal(await card(page, "later").count(), 0);
      await page.getByRole("button", { name: "Show 1 new one" }).click();
      await card(page, "later").waitFor();
      assert.equal(await page.getByRole("alert").count(), 0);
    },
  );

  inboxTest(
    stage,
    "22 in its conversation a run goes on at once when it is answered, and says who has answered elsewhere",
    {},
    async ({ page, user, stage }) => {
      const { sessionId } = await ask(user, ["delete_record", { id: "1" }], ["run_shell", { command: "ls" }]);
      await page.goto(`${stage.url}/ui/#/s/${sessionId}`);
      const remove = card(page, "delete_record");
      const shell = card(page, "run_shell");
      await remove.getByRole("radio", { name: "Approve" }).check();
      await remove.getByRole("button", { name: "Send answer" }).click();
      await page.getByText("Approved by you").waitFor();
      await shell.and(page.locator(":focus")).waitFor();
      await page.reload();
      await shell.waitFor();
      const [open] = await user.api.requirements.list().first(1);
      assert(open?.kind === "external_execution");
      const body = {
        session_id: sessionId,
        answered_by: "boss",
        requirements: [{ id: open.id, external_execution_result: "total 0" }],
        stream: false,
      };
      await stage.staff.request("POST", `/agents/operator/runs/${open.run_id}/continue`, { body });
      await poll(page);
      await page.getByText("Result given by boss").waitFor();
      await page.getByRole("log").getByText("The tool answered: total 0").waitFor();
      await user.api.agent("operator").run({ message: '/tool delete_record {"id":"2"}', sessionId }).result();
      await poll(page);
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByRole("log").getByText("The tool answered: Confirmed: record 2").waitFor();
    },
  );

  inboxTest(
    stage,
    "23 the navigation has the number of what is open",
    {
      before: async (user) => {
        await ask(user, ["delete_record", { id: "1" }]);
        await ask(user, ["delete_record", { id: "2" }]);
      },
    },
    async ({ page, user }) => {
      await countOf(page).getByText("2", { exact: true }).waitFor();
      await ask(user, ["delete_record", { id: "3" }]);
      await poll(page);
      await countOf(page).getByText("3", { exact: true }).waitFor();
      await page.getByRole("link", { name: "Approvals" }).click();
      await page.getByRole("button", { name: "Approve" }).first().click();
      await countOf(page).getByText("2", { exact: true }).waitFor();
    },
  );

  inboxTest(
    stage,
    "24 an answer is sent once, and again only as the same answer where its fate is unknown",
    {
      hash,
      before: (user) => ask(user, ["delete_record", { id: "1" }]),
      expected: /ERR_FAILED/,
    },
    async ({ page, user }) => {
      const keys: string[] = [];
      const held = Array.from({ length: 2 }, () => Promise.withResolvers<Route>());
      await page.route("**/continue*", (route) => {
        held[keys.push(route.request().headers()["idempotency-key"] ?? "") - 1]?.resolve(route);
      });
      const one = card(page, "delete_record");
      const approve = one.getByRole("button", { name: "Approve" });
      await approve.dblclick();
      const first = await held[0]?.promise;
      assert.equal(await approve.isDisabled(), true);
      assert.equal(await one.getByRole("button", { name: "Reject" }).isDisabled(), true);
      assert.equal(keys.length, 1);
      // The server takes it, and nobody hears of that.
      await first?.fetch();
      await first?.abort();
      const second = await held[1]?.promise;
      await second?.continue();
      await one.getByText("Approved by you").waitFor();
      assert.equal(new Set(keys).size, 1);
      assert.equal(await open(user), 0);
    },
  );
}
