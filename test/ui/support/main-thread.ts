import type { CDPSession, Page } from "playwright-core";

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  args: { name?: string; data?: { frames?: { frame: string; processId?: number }[] } };
  /** Microseconds on the processor: what else the machine does does not count. */
  tdur?: number;
}

/** How long the page's main thread was at work in one go at most, and in all, while `act` went on. Milliseconds on the processor. */
export async function workOf(page: Page, act: () => Promise<void>): Promise<{ longestMs: number; sumMs: number }> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const includedCategories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } });
  try {
    await act();
  } finally {
    await ended(session);
    await session.detach();
  }
  // The trace is of the whole browser, in which other tests have pages of their own.
  const frames = events.flatMap(({ name, args }) =>
    name === "TracingStartedInBrowser" ? (args.data?.frames ?? []) : [],
  );
  const pids = new Set(frames.filter(({ frame }) => frame === frameTree.frame.id).map(({ processId }) => processId));
  const mains = new Set(
    events
      .filter(({ name, args, pid }) => name === "thread_name" && args.name === "CrRendererMain" && pids.has(pid))
      .map(threadOf),
  );
  const tasks = events.filter((event) => event.name === "RunTask" && event.ph === "X" && mains.has(threadOf(event)));
  const workMs = tasks.map(({ tdur = 0 }) => tdur / 1000);
  if (workMs.length === 0) throw new Error("The trace has nothing of the page's main thread.");
  return { longestMs: Math.max(...workMs), sumMs: workMs.reduce((sum, ms) => sum + ms) };
}

const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`;

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
}
