import { performance } from "node:perf_hooks";
import type { Effort } from "./effort.ts";
import { heapDuring } from "./heap.ts";
import type { Platform } from "./platform.ts";
import type { Section, SectionRow } from "./section.ts";
import { seedSessions } from "./seed.ts";

const MB = 1024 * 1024;

/** Measures what the heap holds while a session is exported, for a short and a long session. */
export async function measureExports({ url, db, inspector }: Platform, effort: Effort): Promise<Section> {
  const rows: SectionRow[] = [];
  for (const messages of [2_000, effort.exportedMessages]) {
    const [sessionId = ""] = await seedSessions(db, `exported-${messages}`, 1, messages);
    let exported = { bytes: 0, requests: 0 };
    const startedAt = performance.now();
    const heap = await heapDuring(inspector, "app", async () => {
      exported = await readExport(`${url}/sessions/${sessionId}/export`);
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    rows.push({
      name: `${messages.toLocaleString("en")} messages, ${exported.requests} request(s)`,
      ms: [heap.before / MB, heap.peak / MB, heap.held / MB, exported.bytes / MB, seconds],
      ratios: [],
      aim: "32 MB of heap",
    });
  }
  return {
    title: "Export of a session",
    unit: "",
    columns: ["heap before, MB", "heap at its peak, MB", "held behind a collection, MB", "exported, MB", "seconds"],
    samples: 1,
    rows,
  };
}

/** Reads an export to its end, cursor after cursor. It keeps nothing of what it reads. */
async function readExport(first: string): Promise<{ bytes: number; requests: number }> {
  let bytes = 0;
  let requests = 0;
  for (let next: string | null = first; next !== null; ) {
    const response: Response = await fetch(next);
    if (!response.ok || response.body === null) throw new Error(`${next}: ${response.status} ${await response.text()}`);
    requests += 1;
    let tail = "";
    const text = new TextDecoder();
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      tail = (tail + text.decode(chunk, { stream: true })).slice(-4_096);
    }
    const last = JSON.parse(tail.trimEnd().split("\n").at(-1) ?? "{}") as { type?: string; cursor?: string };
    next = last.type === "cursor" ? `${first}?cursor=${encodeURIComponent(last.cursor ?? "")}` : null;
  }
  return { bytes, requests };
}
