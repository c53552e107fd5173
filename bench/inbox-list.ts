import { stopGroupsAtEnd } from "../scripts/server/process-group.ts";
import { loadAll, lookAgain, MadeUpList } from "../test/ui/support/sessions.ts";
import { KEY, Stage } from "../test/ui/support/stage.ts";

/**
 * How long the inbox's list of 5,000 rows holds up the page, in a real browser: `node bench/inbox-list.ts`. The rows are made up,
 * so that nothing but the page is measured. A frame counts with the time to the next one, of which 16.7 ms are a screen's own.
 */
const ROWS = 5_000;
/** As many as the server gives at once. */
const PAGE = 50;
/** How far each frame scrolls: more than a screen. */
const STEP_PX = 1_000;

const FRAMES = `(async (act) => {
  const gaps = [];
  let isOn = true;
  let last = performance.now();
  const tick = (now) => {
    gaps.push(now - last);
    last = now;
    if (isOn) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  await act();
  isOn = false;
  return gaps.slice(1).sort((one, other) => one - other);
})`;

const SCROLL = `async () => {
  const list = document.querySelector(".rows");
  list.scrollTo(0, 0);
  for (let top = 0; top < list.scrollHeight - list.clientHeight; top += ${STEP_PX}) {
    list.scrollTo(0, top);
    await new Promise(requestAnimationFrame);
  }
}`;

stopGroupsAtEnd();
const stage = new Stage();
await stage.start();
try {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript({
    content: `if (location.protocol === "http:") sessionStorage.setItem("edge-sessions.credential", ${JSON.stringify(KEY)})`,
  });
  const page = await context.newPage();
  const list = new MadeUpList(ROWS, PAGE);
  await page.route("**/sessions?**", (route) => route.fulfill({ json: list.answer(new URL(route.request().url())) }));
  await page.goto(`${stage.url}/ui/`);
  await page.locator("a.row").first().waitFor();
  report(`loading ${ROWS / PAGE} pages`, await page.evaluate<number[]>(`${FRAMES}(() => ${loadAll(ROWS)})`));
  report("scrolling through all", await page.evaluate<number[]>(`${FRAMES}(${SCROLL})`));
  const moved = `async () => {
    while (document.querySelector(".rows .row-name").textContent !== "Moved") await new Promise(requestAnimationFrame);
  }`;
  const frames = page.evaluate<number[]>(`${FRAMES}(${moved})`);
  list.change(4_000, { session_name: "Moved" });
  await lookAgain(page);
  report("a row that moves to the head", await frames);
} finally {
  await stage.stop();
}

function report(what: string, sorted: readonly number[]): void {
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  const over = sorted.filter((ms) => ms > 50).length;
  console.log(
    `${what}: ${sorted.length} frames, half in ${at(0.5)} ms, 99 % in ${at(0.99)} ms, worst ${at(1)} ms, ${over} over 50 ms`,
  );
}
