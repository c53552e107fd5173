import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { heard } from "./support/heard.ts";
import { inboxTest } from "./support/inbox-page.ts";
import type { Stage, User } from "./support/stage.ts";

const log = (page: Page) => page.getByRole("log");
const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const runs = (page: Page) => log(page).getByRole("article");

async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A session in which these messages were said and answered; its id. */
function saidIn(sessionId: string, messages: readonly string[], agent = "assistant") {
  return async ({ api }: Pick<User, "api">) => {
    for (const message of messages) await api.agent(agent).run({ message, sessionId }).result();
  };
}

/** A conversation of so many messages, which nobody has to wait for; its id. */
async function imported(stage: Stage, { id }: User, count: number): Promise<string> {
  const messages = Array.from({ length: count }, (_, nth) => [
    { role: "user", content: `Message ${nth + 1}.` },
    { role: "assistant", content: `You said: Message ${nth + 1}.` },
  ]);
  const { data } = await stage.staff.request<{ sessions: { session_id: string }[] }>("POST", "/import", {
    query: { agent_id: "assistant", user_id: id },
    headers: { "Content-Type": "application/x-ndjson" },
    body: `${JSON.stringify(messages.flat())}\n`,
  });
  return data.sessions[0]?.session_id ?? "";
}

export function conversationTests(stage: Stage): void {
  inboxTest(
    stage,
    "8 the newest runs come first, and older ones come above without moving what one reads",
    {},
    async ({ page, user }) => {
      await page.goto(`${stage.url}/ui/#/s/${await imported(stage, user, 70)}`);
      await log(page).getByText("You said: Message 70.").waitFor();
      assert.equal(await runs(page).count(), 30);
      const atEnd = () =>
        log(page).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
      assert.ok((await atEnd()) <= 1);
      // The page of older runs is held, so that one reads on while it is on its way.
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route(/\/runs\?.*before=/, async (route) => {
        await held;
        await route.continue();
      });
      const asked = page.waitForRequest(/\/runs\?.*before=/);
      await log(page).evaluate((scroller) => scroller.scrollTo(0, 150));
      await asked;
      const read = log(page).getByText("You said: Message 41.");
      await read.waitFor();
      const before = await read.evaluate((element) => element.getBoundingClientRect().top);
      release();
      await log(page).getByText("You said: Message 11.").waitFor({ state: "attached" });
      await page.evaluate("new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))");
      const after = await read.evaluate((element) => element.getBoundingClientRect().top);
      assert.ok(Math.abs(after - before) <= 1, `It moved by ${after - before} pixels.`);
      await log(page).evaluate((scroller) => scroller.scrollTo(0, 0));
      await log(page).getByText("You said: Message 1.", { exact: true }).waitFor({ state: "attached" });
      assert.equal(await runs(page).count(), 70);
    },
  );

  const sent = crypto.randomUUID();
  inboxTest(
    stage,
    "9 what is sent is shown at once, and what was not sent stays, with a Retry that says it once only",
    { hash: `#/s/${sent}`, before: saidIn(sent, ["Hello"]), expected: /Failed to load resource/ },
    async ({ page, user }) => {
      await log(page).getByText("You said: Hello").waitFor();
      const keys: (string | undefined)[] = [];
      // Each request comes to the server, and no answer comes back.
      await page.route(/\/agents\/assistant\/runs$/, async (route) => {
        keys.push(route.request().headers()["idempotency-key"]);
        await route.fetch().catch(() => {});
        await route.abort();
      });
      await say(page, "Are you there?");
      await log(page).getByText("Are you there?").waitFor();
      assert.equal(await composer(page).inputValue(), "");
      const failure = page.getByRole("alert").filter({ hasText: "Your message was not sent." });
      await failure.waitFor();
      assert.equal(await composer(page).inputValue(), "Are you there?");
      await page.unroute(/\/agents\/assistant\/runs$/);
      const again = page.waitForRequest(/\/agents\/assistant\/runs$/);
      await failure.getByRole("button", { name: "Retry" }).click();
      keys.push((await again).headers()["idempotency-key"]);
      await log(page).getByText("You said: Are you there?").waitFor();
      assert.equal(await composer(page).inputValue(), "");
      assert.equal(new Set(keys).size, 1, keys.join());
      const stored = await user.api.sessions.runs(sent);
      assert.deepEqual(
        stored.map(({ run_input: input }) => input),
        ["Hello", "Are you there?"],
      );
    },
  );

  const slow = crypto.randomUUID();
  inboxTest(
    stage,
    "9 what was sent is shown once, though another look at the server finds its run before it is accepted",
    { hash: `#/s/${slow}`, before: saidIn(slow, ["Hello"]) },
    async ({ page }) => {
      await log(page).getByText("You said: Hello").waitFor();
      const isHeld = Promise.withResolvers<void>();
      const hasBegun = Promise.withResolvers<void>();
      await page.route(/\/agents\/assistant\/runs$/, async (route) => {
        const answer = await route.fetch();
        hasBegun.resolve();
        await isHeld.promise;
        await route.fulfill({ response: answer });
      });
      await say(page, "Once?");
      await hasBegun.promise;
      const looked = page.waitForResponse(/run-previews/);
      await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
      await (await looked).finished();
      // The list looked in the same round.
      await page.getByRole("link", { name: /You said: Once\?/ }).waitFor();
      assert.equal(await log(page).locator(".asked", { hasText: "Once?" }).count(), 1);
      await log(page).getByText("Sending…").waitFor();
      isHeld.resolve();
      await log(page).getByText("You said: Once?").waitFor();
      await log(page).getByText("Sending…").waitFor({ state: "detached" });
      assert.equal(await log(page).locator(".asked", { hasText: "Once?" }).count(), 1);
    },
  );

  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  inboxTest(
    stage,
    "9 a draft is kept for each conversation, over a reload too",
    {
      hash: `#/s/${one}`,
      before: async (user) => {
        await saidIn(one, ["First"])(user);
        await saidIn(other, ["Second"])(user);
      },
    },
    async ({ page }) => {
      await composer(page).fill("Half a thought");
      await page.getByRole("link", { name: /Second/ }).click();
      await log(page).getByText("You said: Second").waitFor();
      assert.equal(await composer(page).inputValue(), "");
      await page.goBack();
      await page.reload();
      await log(page).getByText("You said: First").waitFor();
      assert.equal(await composer(page).inputValue(), "Half a thought");
    },
  );

  const followed = crypto.randomUUID();
  inboxTest(
    stage,
    "11 the end is followed while one is there; else a button says that there is more",
    {
      hash: `#/s/${followed}`,
      height: 500,
      before: saidIn(
        followed,
        Array.from({ length: 6 }, (_, nth) => `Message ${nth + 1}.`),
      ),
    },
    async ({ page }) => {
      await log(page).getByText("You said: Message 6.").waitFor();
      await say(page, "Slowly\nnow");
      stage.model.say(10);
      const last = runs(page).last();
      await last.getByText("word10").waitFor();
      // The place is kept in the frame in which something has come.
      const gap = async () => {
        await page.evaluate("new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))");
        return log(page).evaluate(
          ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight,
        );
      };
      assert.ok((await gap()) <= 1);
      await log(page).evaluate((scroller) => scroller.scrollTo(0, 0));
      const more = page.getByRole("button", { name: "New messages" });
      assert.equal(await more.count(), 0);
      stage.model.say(20);
      await more.waitFor();
      assert.equal(await log(page).evaluate(({ scrollTop }) => scrollTop), 0);
      await more.click();
      assert.ok((await gap()) <= 1);
      await more.waitFor({ state: "detached" });
      stage.model.say(30);
      await last.getByText("word60").waitFor();
      assert.ok((await gap()) <= 1);
    },
  );

  const stopped = crypto.randomUUID();
  inboxTest(
    stage,
    "12 Stop ends the run, what was said stays, and what waited behind it is next",
    { hash: `#/s/${stopped}`, before: saidIn(stopped, ["Hello"]), expected: /status of 503/ },
    async ({ page, user }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await say(page, "Slowly please");
      stage.model.say(3);
      await log(page).getByText("word1 word2 word3").waitFor();
      await say(page, "And then?");
      await runs(page).last().getByText("Is next", { exact: false }).waitFor();
      await page.route(/\/cancel/, (route) => route.fulfill({ status: 503, json: { detail: "Come back later." } }), {
        times: 1,
      });
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await page.getByRole("alert").getByText("The run was not stopped. Come back later.").waitFor();
      await page.getByRole("button", { name: "Retry" }).click();
      await runs(page).nth(1).getByText("Stopped", { exact: false }).waitFor();
      await log(page).getByText("word1 word2 word3").waitFor();
      await log(page).getByText("You said: And then?").waitFor();
      const stored = await user.api.sessions.runs(stopped);
      assert.deepEqual(
        stored.map(({ status }) => status),
        ["COMPLETED", "CANCELLED", "COMPLETED"],
      );
    },
  );

  const again = crypto.randomUUID();
  inboxTest(
    stage,
    "16 the newest answer is made again, one goes on from an older one, and a fork goes on in a copy",
    { hash: `#/s/${again}`, before: saidIn(again, ["First", "Second"]) },
    async ({ page, user }) => {
      await log(page).getByText("You said: Second").waitFor();
      const first = runs(page).first();
      assert.equal(await first.getByRole("button", { name: "Answer again" }).count(), 0);
      await runs(page).last().getByRole("button", { name: "Answer again" }).click();
      const replaced = async () => (await user.api.sessions.runs(again)).map(({ status }) => status);
      await runs(page).nth(2).waitFor({ state: "detached" });
      await page.getByText("Answer is complete").waitFor({ state: "attached" });
      assert.deepEqual(await replaced(), ["COMPLETED", "REGENERATED", "COMPLETED"]);
      await first.getByRole("button", { name: "Go on from here" }).click();
      await page.getByText("Goes on from “First”").waitFor();
      await say(page, "Otherwise");
      await log(page).getByText("You said: Otherwise").waitFor();
      await page.getByText("Goes on from “First”").waitFor({ state: "detached" });
      const made = (await user.api.sessions.runs(again)).at(-1);
      assert.equal(made?.run_input, "Otherwise");
      assert.equal(made?.forked_from_run_id, (await user.api.sessions.runs(again))[0]?.run_id);
      await first.getByRole("button", { name: "Fork from here" }).click();
      await page.waitForURL((url) => !url.hash.includes(again));
      const copied = new URL(page.url()).hash.split("/");
      await page.getByText("Goes on from “First”").waitFor();
      await say(page, "In the copy");
      await log(page).getByText("You said: In the copy").waitFor();
      const inCopy = (await user.api.sessions.runs(copied[2] ?? "")).at(-1);
      assert.equal(inCopy?.forked_from_run_id, copied[4]);
    },
  );

  const failing = crypto.randomUUID();
  inboxTest(
    stage,
    "17 a run that failed says why, and is tried again",
    {
      hash: `#/s/${failing}`,
      before: ({ api }) => api.sessions.create({ session_id: failing, agent_id: "assistant" }),
    },
    async ({ page }) => {
      await log(page).getByText("Nothing has been said yet").waitFor();
      stage.model.failOnce("Fail");
      await say(page, "Fail");
      const last = runs(page).last();
      await last.getByText("The run failed.").waitFor();
      await last.getByRole("button", { name: "Retry" }).click();
      await log(page).getByText("You said: Fail").waitFor();
      await runs(page).nth(1).waitFor({ state: "detached" });
    },
  );

  const told = crypto.randomUUID();
  inboxTest(
    stage,
    "17 i3 a run that was stopped, that nobody answered in time, or that broke off says so, and a quiet line what was special",
    { hash: `#/s/${told}`, before: saidIn(told, ["1", "2", "3", "4", "5", "6"]) },
    async ({ page }) => {
      await log(page).getByText("You said: 6").waitFor();
      const late = { tool_call_id: "c", tool_name: "wipe", tool_args: {}, tool_call_error: null, result: null };
      const changes = [
        { status: "CANCELLED" },
        {
          status: "CANCELLED",
          tools: [{ ...late, metrics: null, confirmed: false, confirmation_note: "Nobody answered in time." }],
        },
        { status: "ERROR", end: { event: "RunError", content: "Broke off.", error_type: "interrupted" } },
        { history_dropped: { runs: 2, without_provider_data: 0, reason: "It is too long." } },
        { end: { event: "ModelRequestStarted", model: "a-second-model" } },
        { persisted: false },
      ];
      await page.route(/\/sessions\/[^/]+\/runs/, async (route) => {
        const response = await route.fetch();
        const rows: { events: { event: string; run_id: string }[] }[] = await response.json();
        const json = rows.map((run, nth) => {
          const { end, ...change } = changes[nth] ?? {};
          const { events } = run;
          const asked = events.findIndex(({ event }) => event === "ModelRequestStarted");
          const made = Object.assign({}, events[asked], end);
          if (end?.event === "RunError") return { ...run, ...change, events: [...events.slice(0, asked + 1), made] };
          return { ...run, ...change, events: end ? events.toSpliced(asked + 1, 0, made) : events };
        });
        await route.fulfill({ response, json });
      });
      await page.reload();
      const said = [
        "Stopped.",
        "Expired: nobody answered in time.",
        "The server was interrupted. What was said until then stays.",
        "The provider refused the history: 2 earlier runs were left out.",
        "Answered by a-second-model: the first model was away.",
        "The end of this run is kept, and not yet in the database.",
      ];
      for (const [nth, text] of said.entries()) await runs(page).nth(nth).getByText(text).waitFor();
    },
  );

  const asking = crypto.randomUUID();
  inboxTest(
    stage,
    "18 an answer that is given in the conversation goes on there at once",
    {
      hash: `#/s/${asking}`,
      expected: /ERR_FAILED/,
      before: ({ api }) =>
        api.agent("operator").run({ message: '/tool delete_record {"id":"r-1"}', sessionId: asking }).result(),
    },
    async ({ page }) => {
      // No other look at the server may be what shows it.
      await page.route(/run-previews/, () => {});
      await log(page).getByRole("button", { name: "Approve" }).click();
      await log(page).getByText("The tool answered:", { exact: false }).waitFor();
      await log(page).locator('article[data-status="COMPLETED"]').waitFor();
    },
  );

  const quiet = crypto.randomUUID();
  inboxTest(
    stage,
    "32 the log says nothing by itself, and of a run at most three things are said",
    { hash: `#/s/${quiet}`, before: saidIn(quiet, ["Hello"]) },
    async ({ page }) => {
      await log(page).getByText("You said: Hello").waitFor();
      assert.equal(await log(page).getAttribute("aria-live"), "off");
      const said = await heard(page);
      await say(page, "Slowly");
      stage.model.say(1);
      await page.getByText("Answering", { exact: true }).waitFor({ state: "attached" });
      stage.model.say(59);
      await runs(page).last().getByText("word60").waitFor();
      await page.getByText("Answer is complete").waitFor({ state: "attached" });
      assert.deepEqual(await said(), ["Answering", "Answer is complete"]);
    },
  );

  inboxTest(
    stage,
    "7 a link to a message shows it, however old it is, and one to a conversation that is not there says so",
    { hash: "#/s/nowhere", expected: /404/ },
    async ({ page, user }) => {
      await page.getByText("There is no such conversation").waitFor();
      // For who hears the page, too, it has a title.
      await page.getByRole("heading", { level: 1, name: "Conversation" }).waitFor();
      const linked = await imported(stage, user, 40);
      const [, second] = await user.api.sessions.runs(linked);
      await page.goto(`${stage.url}/ui/#/s/${linked}/r/${second?.run_id}`);
      const found = log(page).getByText("You said: Message 2.", { exact: true });
      await found.waitFor();
      await log(page).locator(`[data-run-id="${second?.run_id}"]:focus`).waitFor();
      const { top } = (await found.boundingBox().then((box) => box && { top: box.y })) ?? { top: -1 };
      assert.ok(top > 0 && top < 400, `It is at ${top}.`);
    },
  );

  const readOnly = crypto.randomUUID();
  inboxTest(
    stage,
    "i1 who may not run anything reads, and has nothing to write in",
    {
      hash: `#/s/${readOnly}`,
      scopes: ["sessions:read"],
      before: ({ id }) =>
        stage.staff.agent("assistant").run({ message: "Hello", sessionId: readOnly, userId: id }).result(),
    },
    async ({ page }) => {
      await log(page).getByText("You said: Hello").waitFor();
      await page.getByText("Your credential may read this conversation", { exact: false }).waitFor();
      assert.equal(await composer(page).count(), 0);
      assert.equal(await page.getByRole("button", { name: "Answer again" }).count(), 0);
    },
  );
}
