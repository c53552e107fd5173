import type { CpuProfile } from "./attribute.ts";

const SAMPLE_EVERY_US = 250;

interface Target {
  id: string;
  webSocketDebuggerUrl: string;
}

/** Profiles isolates of one workerd, by the names that its inspector shows, while the work goes on. */
export async function profileDuring<Name extends string>(
  inspector: URL,
  names: readonly Name[],
  work: () => Promise<unknown>,
): Promise<Record<Name, CpuProfile>> {
  const list = new URL("/json", String(inspector).replace(/^ws/, "http"));
  const targets = (await (await fetch(list)).json()) as Target[];
  const profilers = await Promise.all(
    names.map(async (name) => {
      const target = targets.find(({ id }) => id === name);
      if (target === undefined) throw new Error(`No isolate "${name}": ${targets.map(({ id }) => id).join(", ")}`);
      return [name, await Profiler.start(target.webSocketDebuggerUrl)] as const;
    }),
  );
  try {
    await work();
    const profiles = await Promise.all(profilers.map(async ([name, profiler]) => [name, await profiler.stop()]));
    return Object.fromEntries(profiles) as Record<Name, CpuProfile>;
  } finally {
    for (const [, profiler] of profilers) profiler.close();
  }
}

/** V8's profiler of one isolate, by Chrome's protocol. */
class Profiler {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  static async start(url: string): Promise<Profiler> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("The inspector did not answer.")));
    });
    const profiler = new Profiler(socket);
    await profiler.#send("Profiler.enable");
    await profiler.#send("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US });
    await profiler.#send("Profiler.start");
    return profiler;
  }

  async stop(): Promise<CpuProfile> {
    return ((await this.#send("Profiler.stop")) as { profile: CpuProfile }).profile;
  }

  close(): void {
    this.#socket.close();
  }

  #send(method: string, params: object = {}): Promise<unknown> {
    this.#last += 1;
    this.#socket.send(JSON.stringify({ id: this.#last, method, params }));
    return new Promise((resolve) => this.#waiting.set(this.#last, resolve));
  }
}
