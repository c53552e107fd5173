import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
/** How long a page may take for what a test waits for. Nothing is slow by itself; on a busy machine everything is. */
const WAIT_MS = 30_000;
/** Where a test that fails leaves what the page showed and said. */
const LEFT = path.resolve(import.meta.dirname, "../../../.wrangler/browser");

/** What to do where there is no browser; null where there is one. */
export const missingBrowser = (): string | null =>
  existsSync(CHROMIUM)
    ? null
    : `There is no ${CHROMIUM}. Install it (Debian: apt-get install chromium), or name one in CHROMIUM.`;

export async function launch(): Promise<Browser> {
  const missing = missingBrowser();
  if (missing !== null) throw new Error(missing);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, "--disable-component-update", "--disable-sync"],
  });
}

/**
 * Opens the address and does what the test does. Fails if the page has an error of its own, or says one on its console;
 * `expected` are those that the test causes itself.
 */
export async function onPage(
  { browser, name, expected }: { browser: Browser; name: string; expected?: RegExp },
  url: string,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const said: string[] = [];
  const wrong: string[] = [];
  page.on("console", (message) => {
    const line = `${message.type()}: ${message.text()}`;
    said.push(line);
    if (message.type() === "error" && !expected?.test(message.text())) wrong.push(line);
  });
  // Chromium tells of a promise that nobody caught in the same way.
  page.on("pageerror", (error) => wrong.push(`not caught: ${error.stack ?? error.message}`));
  try {
    await page.goto(url);
    await act(page);
    if (wrong.length > 0) throw new Error(`The page had errors:\n${wrong.join("\n")}`);
  } catch (error) {
    await keepWhatItShowed(page, name, [...said, ...wrong]);
    throw error;
  } finally {
    await context.close();
  }
}

/** Leaves a picture of the page, and what it has said, for who looks into a test that failed. */
export async function keepWhatItShowed(page: Page, name: string, said: readonly string[]): Promise<void> {
  mkdirSync(LEFT, { recursive: true });
  const file = path.join(LEFT, name.replace(/\W+/g, "-").slice(0, 100));
  await page.screenshot({ path: `${file}.png`, fullPage: true }).catch(() => {});
  writeFileSync(`${file}.txt`, said.join("\n"));
  console.error(`What the page showed: ${file}.png. What it said: ${file}.txt.`);
}
