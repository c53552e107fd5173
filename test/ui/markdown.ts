import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { HOSTILE_TEXTS } from "./support/hostile-texts.ts";
import { inboxTest } from "./support/inbox-page.ts";
import { workOf } from "./support/main-thread.ts";
import type { Stage, User } from "./support/stage.ts";

const SESSIONS = 6;
const FRAME_MS = 200;
/** All that a text of a model may become. */
const TAGS =
  "a bdi blockquote br button code del div em figcaption figure h4 h5 h6 hr input li ol p path pre span strong svg table tbody td th thead tr ul";
const ATTRIBUTES =
  "aria-hidden aria-label checked class d dir disabled href rel start tabindex target title type viewBox";

/** Has the model answer each of the texts, in sessions of some each. Answers the sessions. By staff, whom no brake counts. */
async function answered({ staff }: Stage, { id: userId }: User, texts: readonly string[]): Promise<string[]> {
  const ids = Array.from({ length: SESSIONS }, () => crypto.randomUUID());
  const assistant = staff.agent("assistant");
  await Promise.all(
    ids.map(async (sessionId, nth) => {
      for (const text of texts.filter((_, index) => index % SESSIONS === nth)) {
        await assistant.run({ message: `\n\n${text}`, sessionId, userId }).result();
      }
    }),
  );
  return ids;
}

interface Made {
  tags: string[];
  attributes: string[];
  links: string[];
  ran: boolean;
  pages: number;
}

/** Said in the page: what has become of the texts. */
const MADE = `(() => {
  const all = [...document.querySelectorAll(".answer .markdown, .answer .markdown *")];
  return {
    tags: [...new Set(all.map(({ localName }) => localName))],
    attributes: [...new Set(all.flatMap((element) => element.getAttributeNames()))],
    links: all.flatMap((element) => (element instanceof HTMLAnchorElement ? [element.href] : [])),
    ran: "hostileRan" in window,
    pages: document.querySelectorAll("#page").length,
  };
})()`;

/** Said in the page: keeps what changes in what was said from now on. */
const WATCH = `(() => {
  globalThis.changed = [];
  const last = [...document.querySelectorAll(".run")].at(-1);
  new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      changed.push((last.contains(element) ? "last run: " : "another run: ") + element.localName);
    }
  }).observe(document.querySelector(".log"), { subtree: true, childList: true, characterData: true });
})()`;

/** Goes to a session without loading the page again, and waits for what it has. */
async function show(page: Page, sessionId: string, runs: number): Promise<void> {
  const answers = page.locator(".answer .markdown");
  await page.evaluate("location.hash = '#/'");
  await answers.first().waitFor({ state: "detached" });
  await page.evaluate(`location.hash = ${JSON.stringify(`#/s/${sessionId}`)}`);
  await answers.nth(runs - 1).waitFor({ state: "attached" });
}

export function markdownTests(stage: Stage): void {
  const piled = crypto.randomUUID();
  const marks = `T${"\u0310".repeat(400)} `.repeat(10);
  inboxTest(
    stage,
    "25 neither marks that are piled up nor tags cover what else was said",
    {
      hash: `#/s/${piled}`,
      width: 360,
      before: async ({ id: userId, api }) => {
        await stage.staff
          .agent("assistant")
          .run({ message: `${marks}end`, sessionId: piled, userId })
          .result();
        const tags = Array.from({ length: 32 }, (_, nth) => `${nth}`.padEnd(64, "t"));
        await api.sessions.patch(piled, { tags });
      },
    },
    async ({ page }) => {
      await page.locator(".answer .markdown").waitFor();
      const overflow = await page.evaluate("getComputedStyle(document.querySelector('.answer .markdown')).overflow");
      assert.equal(overflow, "clip");
      const log = await page.locator(".log").boundingBox();
      assert.ok((log?.height ?? 0) > 300, `${log?.height} px are left for the log`);
    },
  );

  let hostile: string[] = [];
  inboxTest(
    stage,
    "25 of 60 hostile texts nothing runs, nothing is fetched, and nothing becomes what is not a text",
    {
      before: async (user) => {
        hostile = await answered(stage, user, HOSTILE_TEXTS);
      },
    },
    async ({ page }) => {
      const dialogs: string[] = [];
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      assert.equal(HOSTILE_TEXTS.length, 60);
      for (const sessionId of hostile) {
        await show(page, sessionId, HOSTILE_TEXTS.length / SESSIONS);
        const made = await page.evaluate<Made>(MADE);
        assert.deepEqual(difference(made.tags, TAGS), []);
        assert.deepEqual(difference(made.attributes, ATTRIBUTES), []);
        for (const link of made.links) assert.match(link, /^(https?:\/\/[\w.:@-]+\/|mailto:)/);
        assert.deepEqual([made.ran, made.pages, dialogs], [false, 1, []]);
      }
      // What was written is read, letter for letter.
      await show(page, hostile[0] ?? "", HOSTILE_TEXTS.length / SESSIONS);
      await page.locator(".answer").getByText("<script>window.hostileRan=1</script>").first().waitFor();
    },
  );

  let long = "";
  inboxTest(
    stage,
    "25 a text of 1 MB of brackets holds the page up for no longer than 200 ms, and shows the rest when one asks for it",
    {
      before: async ({ api }) => {
        long = crypto.randomUUID();
        await api.agent("assistant").run({ message: "the long text", sessionId: long }).result();
      },
    },
    async ({ page }) => {
      await page.route("**/runs?**", async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replaceAll("the long text", "[".repeat(1_000_000));
        await route.fulfill({ response, body });
      });
      const more = page.getByRole("button", { name: "Show more (600 KB are left)" });
      const { longestMs } = await workOf(page, async () => {
        await show(page, long, 1);
        await more.waitFor();
      });
      assert.ok(longestMs < FRAME_MS, `It was held up for ${longestMs} ms.`);
      await more.click();
      await page.getByRole("button", { name: "Show more (200 KB are left)" }).waitFor();
    },
  );

  const talk = crypto.randomUUID();
  inboxTest(
    stage,
    "10 a delta changes the open block of its own text, and nothing else that was said",
    {
      hash: `#/s/${talk}`,
      before: ({ api }) =>
        api.agent("assistant").run({ message: "\n\n# One\n\n- two\n\nthree", sessionId: talk }).result(),
    },
    async ({ page }) => {
      await page.getByRole("textbox", { name: "Message" }).fill("Slowly");
      await page.keyboard.press("Enter");
      stage.model.say(2);
      await page.getByText("word1 word2", { exact: true }).waitFor();
      await page.evaluate(WATCH);
      stage.model.say(10);
      await page.getByText(/word12$/).waitFor();
      assert.deepEqual(await page.evaluate("[...new Set(changed)]"), ["last run: p"]);
      stage.model.say(100);
      await page.getByText(/word60$/).waitFor();
    },
  );

  const burst = crypto.randomUUID();
  inboxTest(
    stage,
    "10 a thousand deltas that come at once are shown in a few frames, not in one each",
    {
      hash: `#/s/${burst}`,
      before: ({ api }) => api.agent("assistant").run({ message: "Hello", sessionId: burst }).result(),
    },
    async ({ page }) => {
      await page.getByRole("log").getByText("You said: Hello").waitFor();
      await page.route(/\/agents\/assistant\/runs$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: withDeltas(await response.text(), 1_000) });
      });
      await page.evaluate(`
        globalThis.frames = 0;
        const ask = requestAnimationFrame;
        globalThis.requestAnimationFrame = (act) => { globalThis.frames += 1; return ask(act); };
      `);
      await page.getByRole("textbox", { name: "Message" }).fill("Quickly");
      await page.keyboard.press("Enter");
      await page.getByText("delta 999", { exact: false }).waitFor({ state: "attached" });
      const frames = await page.evaluate<number>("globalThis.frames");
      assert.ok(frames < 200, `${frames} frames were asked for.`);
    },
  );

  const LINKS = [
    "[the docs](https://example.com/docs) https://example.com/x",
    "[https://bank.example](https://evil.example/)",
    "![a chart](https://evil.example/pixel.png)",
    "<ada@example.com> [docs/readme](docs/readme.md) [x](javascript:alert(1))",
  ].join("\n\n");
  inboxTest(
    stage,
    "26 a link says where it leads, opens apart from the page, and an image is a link",
    {
      before: async ({ api }) => {
        long = crypto.randomUUID();
        await api
          .agent("assistant")
          .run({ message: `\n\n${LINKS}`, sessionId: long })
          .result();
      },
    },
    async ({ page }) => {
      await show(page, long, 1);
      const links = await page
        .locator(".answer .markdown a")
        .evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute("href"), a.getAttribute("rel")]));
      const rel = "noopener noreferrer";
      assert.deepEqual(links, [
        ["the docs (example.com)", "https://example.com/docs", rel],
        ["https://example.com/x", "https://example.com/x", rel],
        ["https://bank.example (evil.example)", "https://evil.example/", rel],
        ["a chart (evil.example)", "https://evil.example/pixel.png", rel],
        ["ada@example.com", "mailto:ada@example.com", rel],
      ]);
      const last = page.locator(".answer .markdown p").last();
      assert.equal(await last.textContent(), "ada@example.com docs/readme (docs/readme.md) x (javascript:alert(1))");
      assert.equal(await page.locator(".answer img").count(), 0);
    },
  );
}

/** A stream with so many deltas in the place of its first. */
function withDeltas(stream: string, count: number): string {
  const blocks = stream.split("\n\n");
  const first = blocks.findIndex((block) => block.includes("\nevent: RunContent\n"));
  const index = Number(/"event_index":(\d+)/.exec(blocks[first] ?? "")?.[1]);
  const delta = (nth: number) => (blocks[first] ?? "").replace(/"content":"[^"]*"/, `"content":" delta ${nth}"`);
  const deltas = Array.from({ length: count }, (_, nth) => delta(nth));
  return [...blocks.slice(0, first), ...deltas, ...blocks.slice(first + 1)]
    .map((block, nth) => {
      const place = nth - first + index;
      return block.replace(/^id: \d+/, `id: ${place}`).replace(/"event_index":\d+/, `"event_index":${place}`);
    })
    .join("\n\n");
}

const difference = (found: readonly string[], allowed: string): string[] =>
  found.filter((one) => !allowed.split(" ").includes(one));
