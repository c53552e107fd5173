// What a test asks the page about its looks. It runs in the page, so it imports nothing.

interface AxeResult {
  violations: { id: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}
declare const axe: { run(options: object): Promise<AxeResult> };

/** What axe finds wrong. In the dark only colours are other ones. */
export async function axeFindings(colorScheme: "light" | "dark"): Promise<string[]> {
  const what =
    colorScheme === "dark" ? { runOnly: ["color-contrast"] } : { rules: { "target-size": { enabled: true } } };
  const { violations } = await axe.run({ resultTypes: ["violations"], ...what });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary?.replaceAll(/\s+/g, " ")}`),
  );
}

export const turn = (direction: "ltr" | "rtl"): void => document.documentElement.setAttribute("dir", direction);

/** How what is chosen in the navigation is outlined. */
export const outlineOfChosen = (): string =>
  [...document.querySelectorAll("nav [aria-current]")].map((link) => getComputedStyle(link).outlineStyle).join(" ");

/** What moves, in seconds. */
export const motions = (): number[] =>
  [...document.querySelectorAll("*")]
    .map((thing) => getComputedStyle(thing))
    .flatMap(({ transitionDuration, animationDuration }) => `${transitionDuration},${animationDuration}`.split(","))
    .map(Number.parseFloat)
    .filter((seconds) => seconds > 0.001);

/** Things to click that something else lies over, or that stand outside of the window. */
export function coveredThings(): string[] {
  const opened = document.querySelector("dialog[open], :popover-open, .details");
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
}

/** How far a button may reach into the padding around it, so that its drawing stands in line. */
const BLEED_PX = 8;

/** What is wider than its place: the whole page, and words that stick out of their box or are cut without a sign. */
export function spilledThings(): string[] {
  const wrong: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
  for (const thing of document.querySelectorAll<HTMLElement>("#page *")) {
    if (thing.scrollWidth <= thing.clientWidth + BLEED_PX || thing.clientWidth < 2) continue;
    if (!thing.checkVisibility({ visibilityProperty: true })) continue;
    const { overflowX, textOverflow, display, clipPath } = getComputedStyle(thing);
    if (display === "inline" || clipPath !== "none" || overflowX === "auto" || overflowX === "scroll") continue;
    if (textOverflow === "ellipsis" || thing instanceof HTMLInputElement || thing instanceof HTMLTextAreaElement)
      continue;
    wrong.push(`${thing.tagName.toLowerCase()}.${thing.className} "${thing.textContent?.slice(0, 40)}" sticks out`);
  }
  return wrong;
}

/** Things to touch below 44 px, but for links in a text. */
export function smallThings(): string[] {
  const wrong: string[] = [];
  for (const thing of document.querySelectorAll<HTMLElement>("button, a, input:enabled, select, textarea, summary")) {
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
}

/** Makes all words that are shown, and the hints in fields, longer by 40 percent, as another language would. */
export function makeLonger(): void {
  const longer = (text: string) => text + text.slice(0, Math.ceil(text.trim().length * 0.4));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node.nodeValue?.trim()) node.nodeValue = longer(node.nodeValue);
  }
  for (const field of document.querySelectorAll<HTMLInputElement>("[placeholder]"))
    field.placeholder = longer(field.placeholder);
}
