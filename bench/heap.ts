/** What an isolate's heap held while some work went on, in bytes. */
export interface HeapUse {
  before: number;
  /** The most that was in use, garbage included. */
  peak: number;
  /** The most that was in use right after a collection. This is what the work itself holds. */
  held: number;
}

const SAMPLE_MS = 20;
/** Garbage is collected after so many samples. */
const COLLECTED_EVERY = 10;

interface Target {
  id: string;
  webSocketDebuggerUrl: string;
  title: string;
}

/** Watches the heap of the Worker's isolate while the work goes on, through workerd's inspector. */
export async function heapDuring(inspector: URL, worker: string, work: () => Promise<unknown>): Promise<HeapUse> {
  const list = new URL("/json", String(inspector).replace(/^ws/, "http"));
  const targets = (await (await fetch(list)).json()) as Target[];
  const target = targets.find(({ id, title }) => id.includes(worker) || title.includes(worker)) ?? targets[0];
  if (target === undefined) throw new Error("The inspector shows no worker.");
  const session = await InspectorSession.open(target.webSocketDebuggerUrl);
  try {
    await session.send("HeapProfiler.enable");
    // workerd answers this request only after it has got the next one. Waiting for the answer here would take for ever.
    void session.send("HeapProfiler.collectGarbage");
    const before = await session.usedBytes();
    let peak = before;
    let held = before;
    let done = false;
    const watching = (async () => {
      for (let sample = 1; !done; sample++) {
        peak = Math.max(peak, await session.usedBytes());
        if (sample % COLLECTED_EVERY === 0) {
          void session.send("HeapProfiler.collectGarbage");
          held = Math.max(held, await session.usedBytes());
        }
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      }
    })();
    await work().finally(() => {
      done = true;
    });
    await watching;
    return { before, peak, held };
  } finally {
    session.close();
  }
}

class InspectorSession {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: Record<string, unknown>) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      this.#waiting.get(id)?.(result ?? {});
      this.#waiting.delete(id);
    });
  }

  static async open(url: string): Promise<InspectorSession> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("The inspector did not answer.")));
    });
    return new InspectorSession(socket);
  }

  send(method: string): Promise<Record<string, unknown>> {
    this.#last += 1;
    const id = this.#last;
    this.#socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async usedBytes(): Promise<number> {
    return Number((await this.send("Runtime.getHeapUsage")).usedSize);
  }

  close(): void {
    this.#socket.close();
  }
}
