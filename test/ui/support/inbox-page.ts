import { test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { keepWhatItShowed } from "../../browser/support/browser-page.ts";
import type { Stage, User } from "./stage.ts";

/** How long a page may take for what a test waits for. Nothing is slow by itself; on a busy machine everything is. */
const WAIT_MS = 30_000;

const TEST_MS = 180_000;

export interface Opened {
  page: Page;
  user: User;
  stage: Stage;
  /** Another tab of the same browser, as the same user. */
  open(hash?: string): Promise<Page>;
}

export interface HowOpened {
  /** Where the page begins, such as `#/approvals`. */
  hash?: string;
  /** Whom it is opened as; left out, a user of its own. Tests that change nothing share one, and what is there for it. */
  as?: () => Promise<User>;
  /** What its token may do; left out, all that end users may. */
  scopes?: readonly string[];
  /** What the page has to show the server; left out, the user's token. Null: nothing, so that `Connect` is shown. */
  credential?: string | null;
  /** What is there before the page is opened. */
  before?: (user: User) => Promise<unknown>;
  /** What the page says on its console because of what the test does. */
  expected?: RegExp;
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  /** A phone, which is touched. */
  isTouch?: boolean;
}

/**
 * A test of the page, opened as a user of its own. It fails on whatever the page says wrong on its console, on a promise that
 * nobody caught, on a violation of its policy, and on a request to another origin.
 */
export function inboxTest(stage: Stage, name: string, how: HowOpened, act: (opened: Opened) => Promise<void>): void {
  test(name, { timeout: TEST_MS }, async () => {
    try {
      await tryOnce();
    } catch (first) {
      // A gate that one moment of a busy machine can close teaches nobody anything. Whoever works on the page sees each failure.
      if (!process.env.CI) throw first;
      console.error(`Tried again, as another user: ${name}\n`, first);
      await tryOnce().catch(() => {
        throw first;
      });
    }
  });

  async function tryOnce(): Promise<void> {
    const user = await (how.as?.() ?? stage.user(how.scopes));
    await how.before?.(user);
    const { width = 1280, height = 800, theme = "light", isTouch = false } = how;
    const viewport = { width, height };
    const context = await stage.browser.newContext({
      viewport,
      colorScheme: theme,
      hasTouch: isTouch,
      isMobile: isTouch,
    });
    // The empty page that a tab begins with has no storage.
    const { credential = user.token } = how;
    const content = `if (location.protocol === "http:") sessionStorage.setItem("edge-sessions.credential", ${JSON.stringify(credential)})`;
    if (credential !== null) await context.addInitScript({ content });
    const said: string[] = [];
    const wrong: string[] = [];
    watch(context, stage, { said, wrong, expected: how.expected });
    const open = async (hash = "") => {
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      await page.goto(`${stage.url}/ui/${hash}`);
      return page;
    };
    let page: Page | undefined;
    try {
      page = await open(how.hash);
      await act({ page, user, stage, open });
      if (wrong.length > 0) throw new Error(`The page had errors:\n${wrong.join("\n")}`);
    } catch (error) {
      if (page !== undefined) await keepWhatItShowed(page, `ui ${name}`, [...said, ...wrong]);
      throw error;
    } finally {
      // What a handler of requests still waits for is of no use any more.
      await Promise.all(context.pages().map((one) => one.unrouteAll({ behavior: "ignoreErrors" })));
      await context.close();
    }
  }
}

interface Heard {
  said: string[];
  wrong: string[];
  expected: RegExp | undefined;
}

function watch(context: BrowserContext, stage: Stage, { said, wrong, expected }: Heard): void {
  context.on("console", (message) => {
    const line = `${message.type()}: ${message.text()}`;
    said.push(line);
    if (message.type() === "error" && !expected?.test(message.text())) wrong.push(line);
  });
  context.on("weberror", (error) => wrong.push(`not caught: ${error.error().stack ?? error.error().message}`));
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${stage.url}/`) && !/^(data|blob|about):/.test(url)) wrong.push(`asked elsewhere: ${url}`);
  });
}
