import { callJson, postJson } from "./client.ts";
import { type CountTable, countScenarios, type Scenario } from "./count.ts";
import type { Platform } from "./platform.ts";
import { seedSessions } from "./seed.ts";

interface Job {
  job_id: string;
  status: string;
}

const NAMED = 100;
const POLL_MS = 500;

/** Counts what a naming job of a hundred sessions asks of storage. These are two slices. */
export async function countNamingJobs(platform: Platform): Promise<CountTable> {
  const { url, db } = platform;
  const ids = await seedSessions(db, "named-by-job", NAMED, 4);
  await db.prepare("UPDATE sessions SET name = NULL, name_source = NULL WHERE session_id GLOB 'named-by-job-*'").run();
  const name: Scenario = async () => {
    let job = await postJson<Job>(`${url}/sessions/names`, { session_ids: ids });
    while (job.status === "running") {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = await callJson<Job>(`${url}/naming-jobs/${job.job_id}`);
    }
    return { ids: [job.job_id, ...ids] };
  };
  return {
    title: `What a job that names ${NAMED} sessions asks of storage`,
    counts: await countScenarios(platform, [[`${NAMED} sessions named`, "named-by-job", name]]),
    aims: {},
  };
}
