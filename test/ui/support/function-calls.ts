import type { CDPSession, Page } from "playwright-core";

interface Coverage {
  result: { scriptId: string; functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[] }[];
}

/**
 * Counts how often a function of the page is called, by the engine's own count of calls: the page knows nothing of it. The
 * function is the innermost one that has this text in its source.
 */
export class FunctionCalls {
  readonly #engine: CDPSession;
  readonly #mark: string;

  private constructor(engine: CDPSession, mark: string) {
    this.#engine = engine;
    this.#mark = mark;
  }

  static async of(page: Page, mark: string): Promise<FunctionCalls> {
    const engine = await page.context().newCDPSession(page);
    const counting = new FunctionCalls(engine, mark);
    await engine.send("Profiler.enable");
    await engine.send("Debugger.enable");
    await engine.send("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    return counting;
  }

  /** How often it was called since this was asked last. */
  async sinceLast(): Promise<number> {
    const { result } = (await this.#engine.send("Profiler.takePreciseCoverage")) as Coverage;
    let calls = 0;
    for (const { scriptId, functions } of result) {
      const { scriptSource } = await this.#engine.send("Debugger.getScriptSource", { scriptId });
      const at = scriptSource.indexOf(this.#mark);
      if (at === -1) continue;
      const ranges = functions.flatMap(({ ranges: [whole] }) => whole ?? []);
      const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset);
      around.sort((one, other) => one.endOffset - one.startOffset - (other.endOffset - other.startOffset));
      const [innermost] = around;
      // The whole script is no function that was called.
      if (innermost !== undefined && innermost.startOffset > 0) calls += innermost.count;
    }
    return calls;
  }
}
