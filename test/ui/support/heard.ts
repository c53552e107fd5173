import type { Page } from "playwright-core";

/** Listens to what screen readers are told politely from now on. Answers what tells what it was so far. */
export async function heard(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    window.heard = [];
    const status = document.querySelector("p[role=status]");
    new MutationObserver(() => window.heard.push(status.textContent)).observe(status, {
      childList: true, characterData: true, subtree: true,
    });
  `);
  return () => page.evaluate<string[]>("window.heard");
}
