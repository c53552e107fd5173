import type { Page } from "playwright-core";

let last: Promise<unknown> = Promise.resolve();

/** What `act` has copied. A browser has one clipboard for all of its pages, so one test after the other has it. */
export function copied(page: Page, act: () => Promise<void>): Promise<string> {
  const reading = last.then(async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await act();
    return page.evaluate<string>("navigator.clipboard.readText()");
  });
  last = reading.catch(() => {});
  return reading;
}
