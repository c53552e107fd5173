import { performance } from "node:perf_hooks";
import { heapDuring } from "./heap.ts";
import type { Platform } from "./platform.ts";
import type { Section, SectionRow } from "./section.ts";
import { seedSessions } from "./seed.ts";

const MB = 1024 * 1024;
const RUNS = 60;
const ANSWER_BYTES = 200_000;

/** Measures what the heap holds while a session's runs are listed, by how many callers read the list at once. */
export async function measureRunLists({ url, db, inspector }: Platform): Promise<Section> {
  const [sessionId = ""] = await seedSessions(db, "listed-runs", 1, 2 * RUNS);
  await db
    .prepare("update messages set content = hex(zeroblob(?)) where session_id = ? and role = 'assistant'")
    .bind(ANSWER_BYTES / 2, sessionId)
    .run();
  const rows: SectionRow[] = [];
  for (const readers of [1, 8]) {
    const read = { bytes: 0 };
    const startedAt = performance.now();
    const heap = await heapDuring(inspector, "app", async () => {
      await Promise.all(Array.from({ length: readers }, () => readSlowly(`${url}/sessions/${sessionId}/runs`, read)));
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    rows.push({
      name: `${((RUNS * ANSWER_BYTES) / MB).toFixed(0)} MB of answers, ${readers} at once`,
      ms: [heap.before / MB, heap.peak / MB, heap.held / MB, read.bytes / MB, seconds],
      ratios: [],
      aim: readers === 1 ? "32 MB of heap" : "",
    });
  }
  return {
    title: "The runs of a session",
    unit: "",
    columns: ["heap before, MB", "heap at its peak, MB", "held behind a collection, MB", "read, MB", "seconds"],
    samples: 1,
    rows,
  };
}

/** Reads as a caller does that works on what it gets. */
async function readSlowly(address: string, read: { bytes: number }): Promise<void> {
  const response = await fetch(address);
  if (!response.ok || response.body === null) throw new Error(`${address}: ${response.status}`);
  for await (const chunk of response.body) {
    read.bytes += chunk.byteLength;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
