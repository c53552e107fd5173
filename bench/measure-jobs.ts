import { performance } from "node:perf_hooks";
import { callJson, postJson } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import type { Section } from "./section.ts";
import { seedSessions } from "./seed.ts";

interface Job {
  job_id: string;
  status: string;
  named: number;
}

const POLL_MS = 50;

/** Times a naming job. The model answers at once. */
export async function measureNamingJobs({ url, db }: Platform, effort: Effort): Promise<Section> {
  const ids = await seedSessions(db, "to-be-named", effort.namedSessions, 4);
  await db.prepare("UPDATE sessions SET name = NULL, name_source = NULL WHERE session_id GLOB 'to-be-named-*'").run();
  const startedAt = performance.now();
  let job = await postJson<Job>(`${url}/sessions/names`, { session_ids: ids });
  const acceptedAt = performance.now();
  while (job.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    job = await callJson<Job>(`${url}/naming-jobs/${job.job_id}`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (job.status !== "completed") throw new Error(`The job ended as ${job.status}.`);
  return {
    title: `A job that names ${ids.length.toLocaleString("en")} sessions`,
    unit: "",
    columns: ["until 202, ms", "in all, s", "names a second"],
    samples: 1,
    rows: [
      {
        name: `model at 0 ms; ${job.named.toLocaleString("en")} named`,
        ms: [acceptedAt - startedAt, seconds, job.named / seconds],
        ratios: [],
        aim: "",
      },
    ],
  };
}
