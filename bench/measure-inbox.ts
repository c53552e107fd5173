import type { CDPSession, Page } from "playwright-core";
import { workOf } from "../test/ui/support/main-thread.ts";
import { loadAll } from "../test/ui/support/sessions.ts";
import type { Effort } from "./effort.ts";
import { END, InboxStage, LONG } from "./inbox-stage.ts";
import { median } from "./rounds.ts";
import type { Section, SectionRow } from "./section.ts";

const MB = 1_000_000;
const SLOWED = 4;
/** How far each frame scrolls: more than a screen. */
const STEP_PX = 1_000;

/** What the inbox asks of a browser. The server is `wrangler dev`, so its own part is larger than where it is deployed. */
export async function measureInbox(effort: Effort): Promise<Section[]> {
  const stage = new InboxStage();
  try {
    await stage.start();
    const deltas = await measureDeltas(stage, effort);
    const long = await stage.imports(1, effort.inboxRuns);
    await stage.imports(effort.inboxSessions, 1);
    return [await measureOpening(stage, effort, long), await measureScrolling(stage, effort), deltas];
  } finally {
    await stage.stop();
  }
}

interface Opened {
  ms: number;
  requests: number;
  listRequests: number;
  bytes: number;
}

async function measureOpening(stage: InboxStage, effort: Effort, long: string): Promise<Section> {
  const rows: SectionRow[] = [];
  const add = async (
    name: string,
    aim: string,
    how: { hash?: string; shows: string; key: string | null; slowed?: number },
  ) => {
    const opened: Opened[] = [];
    // The first one warms up the server.
    for (let nth = -1; nth < effort.inboxOpened; nth += 1) {
      const one = await open(stage, how);
      if (nth >= 0) opened.push(one);
    }
    const of = (pick: (one: Opened) => number) => median(opened.map(pick));
    rows.push({
      name,
      ms: [
        of(({ ms }) => ms),
        of((one) => one.listRequests),
        of(({ requests }) => requests),
        of(({ bytes }) => bytes / 1_000),
      ],
      ratios: [],
      aim,
    });
  };
  const list = { shows: "a.row", key: "j" };
  const sessions = effort.inboxSessions.toLocaleString("en");
  await add(`a list of ${sessions} sessions`, "1 request of the list", list);
  await add(`the same, processor slowed to a ${SLOWED}th`, "1,000 ms", { ...list, slowed: SLOWED });
  const hash = `#/s/${encodeURIComponent(long)}`;
  const shows = ".run[data-status=COMPLETED]";
  await add(`a conversation of ${effort.inboxRuns.toLocaleString("en")} runs`, "", { hash, shows, key: null });
  return {
    title: "The inbox: from its address until it is there and answers a key",
    unit: "",
    columns: ["ms", "requests of the list", "all requests", "KB over the wire"],
    samples: effort.inboxOpened,
    rows,
  };
}

/** In the page, from its first moment: keeps when the thing is shown, and where a key is named, when that has moved the focus. */
const whenItAnswers = (shows: string, key: string | null) => `
  globalThis.answered = new Promise((settle) => {
    const until = (isSo, then) => (isSo() ? then() : requestAnimationFrame(() => until(isSo, then)));
    const end = () => settle(performance.now());
    const press = () => {
      const before = document.activeElement;
      const init = { key: ${JSON.stringify(key)}, bubbles: true, cancelable: true };
      // In each frame: a key that comes before the page listens is lost, and nothing would ever answer it.
      until(() => {
        document.body.dispatchEvent(new KeyboardEvent("keydown", init));
        return document.activeElement !== before;
      }, end);
    };
    const isShown = () => document.querySelector(${JSON.stringify(shows)}) !== null;
    addEventListener("DOMContentLoaded", () => until(isShown, () => requestAnimationFrame(${key === null ? "end" : "press"})));
  });
`;

function open(
  stage: InboxStage,
  { hash = "", shows, key, slowed = 1 }: { hash?: string; shows: string; key: string | null; slowed?: number },
): Promise<Opened> {
  return stage.withPage(async (page, engine, address) => {
    await page.addInitScript({ content: whenItAnswers(shows, key) });
    const opened: Opened = { ms: 0, requests: 0, listRequests: 0, bytes: 0 };
    await engine.send("Network.enable");
    engine.on("Network.loadingFinished", ({ encodedDataLength }) => {
      opened.bytes += encodedDataLength;
    });
    page.on("request", (request) => {
      opened.requests += 1;
      if (new URL(request.url()).pathname === "/sessions") opened.listRequests += 1;
    });
    await engine.send("Emulation.setCPUThrottlingRate", { rate: slowed });
    await page.goto(address + hash, { waitUntil: "commit" });
    const ms = await page.evaluate<number>("globalThis.answered");
    return { ...opened, ms };
  });
}

/** In the page: how long each frame took while `act` went on, of which 16.7 ms are a screen's own. */
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

async function measureScrolling(stage: InboxStage, { inboxSessions }: Effort): Promise<Section> {
  const rows = await stage.withPage(async (page, _, address) => {
    await page.goto(address);
    await page.locator("a.row").first().waitFor();
    const rowOf = async (name: string, act: string): Promise<SectionRow> => {
      const sorted = await page.evaluate<number[]>(`${FRAMES}(${act})`);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
      const over = sorted.filter((ms) => ms > 50).length;
      return { name, ms: [sorted.length, at(0.5), at(0.99), at(1), over], ratios: [], aim: "no frame over 50 ms" };
    };
    return [
      await rowOf("to the end of what is there, page after page", `() => ${loadAll(inboxSessions)}`),
      await rowOf("through all of it from above", SCROLL),
    ];
  });
  return {
    title: `The inbox: scrolling through ${inboxSessions.toLocaleString("en")} sessions`,
    unit: "",
    columns: ["frames", "half of them, ms", "99 % of them, ms", "the longest, ms", "over 50 ms"],
    samples: 1,
    rows,
  };
}

interface Streamed {
  workS: number;
  longestMs: number;
  heapMb: [before: number, atEnd: number, left: number];
}

async function measureDeltas(stage: InboxStage, effort: Effort): Promise<Section> {
  const streamed: Streamed[] = [];
  // Tracing costs, and only a trace knows the longest task: one more is traced.
  for (let nth = 0; nth < effort.inboxStreamed; nth += 1) streamed.push(await stream(stage, false));
  const { longestMs } = await stream(stage, true);
  const of = (pick: (one: Streamed) => number) => median(streamed.map(pick));
  return {
    title: "The inbox: an answer of 10,000 deltas of 20 characters, within 4 seconds",
    unit: "",
    columns: ["main thread, s", "longest task, ms", "heap before, MB", "at its end, MB", "when one has left, MB"],
    samples: effort.inboxStreamed,
    rows: [
      {
        name: "markdown with lists, links and code",
        ms: [
          of(({ workS }) => workS),
          longestMs,
          ...([0, 1, 2] as const).map((nth) => of(({ heapMb }) => heapMb[nth])),
        ],
        ratios: [],
        aim: "< 1.5 s, 5 MB of heap",
      },
    ],
  };
}

/** In the page: a look that costs next to nothing, where Playwright's own would read the whole text in each frame. */
const UNTIL_COMPLETE = `new Promise((settle) => {
  const look = () => {
    const [, answer] = document.querySelectorAll(".run[data-status=COMPLETED]");
    if (answer === undefined) return void setTimeout(look, 100);
    answer.textContent.includes(${JSON.stringify(END)}) ? settle() : requestAnimationFrame(look);
  };
  look();
})`;

async function stream(stage: InboxStage, isTraced: boolean): Promise<Streamed> {
  const sessionId = await stage.begin();
  return stage.withPage(async (page, engine, address) => {
    await page.goto(`${address}#/s/${sessionId}`);
    await page.locator(".run[data-status=COMPLETED]").first().waitFor();
    await page.getByRole("textbox", { name: "Message", exact: true }).fill(LONG);
    const before = await heapMb(engine);
    const act = async () => {
      await page.keyboard.press("Enter");
      await page.evaluate(UNTIL_COMPLETE);
    };
    let workS = Number.NaN;
    let longestMs = Number.NaN;
    if (isTraced) ({ longestMs } = await workOf(page, act));
    else workS = await processorSeconds(engine, act);
    const atEnd = await heapMb(engine);
    await leave(page);
    return { workS, longestMs, heapMb: [before, atEnd, await heapMb(engine)] };
  });
}

async function leave(page: Page): Promise<void> {
  await page.evaluate("location.hash = '#/'");
  await page.locator(".run").first().waitFor({ state: "detached" });
  await page.evaluate("new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))");
}

/** What the page's main thread spends on the processor. */
async function processorSeconds(engine: CDPSession, act: () => Promise<void>): Promise<number> {
  await engine.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await engine.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const before = await spent();
  await act();
  return (await spent()) - before;
}

async function heapMb(engine: CDPSession): Promise<number> {
  await engine.send("HeapProfiler.collectGarbage");
  const { usedSize } = await engine.send("Runtime.getHeapUsage");
  return usedSize / MB;
}
