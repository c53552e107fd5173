import { readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";

// What can be told of a screen without an eye: what axe finds, and what is covered, spilled or too small to touch.

const AXE = readFileSync(path.resolve(import.meta.dirname, "../../../node_modules/axe-core/axe.min.js"), "utf8");

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** What axe finds wrong. It comes by the debugger's connection, which the page's policy does not hold for. */
export async function axeFindings(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(options: object): Promise<AxeResult> } }).axe.run({
      resultTypes: ["violations"],
      rules: { "target-size": { enabled: true } },
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary?.replaceAll(/\s+/g, " ")}`),
  );
}

/** Things to click that something else lies over, or that stand outside of the window. */
export const coveredThings = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const opened = document.querySelector("dialog[open], :popover-open");
    const wrong: string[] = [];
    for (const thing of (opened ?? document).querySelectorAll<HTMLElement>(
      "a, button, input, textarea, select, summary",
    )) {
      if (!thing.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const { left, right, top, bottom, width, height } = thing.getBoundingClientRect();
      if (width < 2 || height < 2) continue;
      // What has scrolled out of its pane is not there to be clicked.
      let isScrolledOut = false;
      for (let pane = thing.parentElement; pane !== null; pane = pane.parentElement) {
        const box = pane.getBoundingClientRect();
        const { overflowX, overflowY } = getComputedStyle(pane);
        const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
        if (overflowY !== "visible" && (middleY < box.top || middleY > box.bottom)) isScrolledOut = true;
        if (overflowX !== "visible" && (middleX < box.left || middleX > box.right)) isScrolledOut = true;
      }
      if (isScrolledOut) continue;
      const name = `${thing.tagName.toLowerCase()} "${thing.getAttribute("aria-label") ?? thing.textContent?.slice(0, 40)}"`;
      if (left < -1 || right > innerWidth + 1) wrong.push(`${name} stands outside of the window`);
      const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
      if (middleY < 0 || middleY > innerHeight) continue;
      const on = document.elementFromPoint(middleX, middleY);
      const isIts = on !== null && (thing.contains(on) || on.contains(thing) || on.closest("label")?.contains(thing));
      if (!isIts) wrong.push(`${name} is covered by ${on?.tagName.toLowerCase()}.${on?.className}`);
    }
    return wrong;
  });

/** What is wider than its place: the whole page, and words that stick out of their box or are cut without a sign. */
export const spilledThings = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wrong: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
    for (const thing of document.querySelectorAll<HTMLElement>("#page *")) {
      if (thing.scrollWidth <= thing.clientWidth + 1 || thing.clientWidth < 2) continue;
      if (!thing.checkVisibility({ visibilityProperty: true })) continue;
      const { overflowX, textOverflow, display, clipPath } = getComputedStyle(thing);
      if (display === "inline" || clipPath !== "none" || overflowX === "auto" || overflowX === "scroll") continue;
      if (textOverflow === "ellipsis" || thing instanceof HTMLInputElement || thing instanceof HTMLTextAreaElement)
        continue;
      wrong.push(`${thing.tagName.toLowerCase()}.${thing.className} "${thing.textContent?.slice(0, 40)}" sticks out`);
    }
    return wrong;
  });

/** Things to touch below 44 px, but for links in a text. */
export const smallThings = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wrong: string[] = [];
    for (const thing of document.querySelectorAll<HTMLElement>("button, a, input, select, textarea, summary")) {
      if (!thing.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const touched = thing.closest("label") ?? thing;
      const { width, height } = touched.getBoundingClientRect();
      const isInText = thing.tagName === "A" && getComputedStyle(thing).display === "inline";
      if (isInText || width < 2 || height >= 43.5) continue;
      wrong.push(
        `${thing.tagName.toLowerCase()}.${thing.className} "${thing.textContent?.slice(0, 30)}" is ${height} px high`,
      );
    }
    return wrong;
  });

/** Makes all words that are shown, and the hints in fields, longer by 40 percent, as another language would. */
export const makeLonger = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const longer = (text: string) => text + text.slice(0, Math.ceil(text.trim().length * 0.4));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.nodeValue?.trim()) node.nodeValue = longer(node.nodeValue);
    }
    for (const field of document.querySelectorAll<HTMLInputElement>("[placeholder]"))
      field.placeholder = longer(field.placeholder);
  });
