import { setTimeout as sleep } from "node:timers/promises";
import { Job, jobLine, progressBar } from "../names/naming-progress.ts";
import { type Api, ImportReport, SessionName } from "./api.ts";
import { agnoRows, CONVERSATIONS, CUSTOMERS } from "./conversations.ts";
import type { Narrator } from "./narrator.ts";

const POLL_MS = 50;
/** The setting of the story's server. With the default of a minute most of the story would be waiting. */
export const SWEEP_AFTER_MS = 8_000;
/** The server counts from its last touch of the items, which may have been a little after the story's last look. */
const MARGIN_MS = 1_000;
const COMPLETED_WITHIN_MS = 30_000;
/** The conversations whose names are shown and checked. */
const SHOWN = [0, 8, 12, 57, 69, 71];

/** A naming job whose server was killed. */
export interface Interrupted {
  job: Job;
  /** When the story looked at the job for the last time before the kill. */
  seenAt: number;
}

const path = ({ job_id }: Job) => `/naming-jobs/${job_id}`;

/** Imports sessions of one run each. They are too short for the server to name them by itself. */
export async function moveIn(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Conversations move in from Agno");
  const reports = await Promise.all(CUSTOMERS.map((user) => api.call("POST", "/import", ImportReport, agnoRows(user))));
  const imported = reports.reduce((sum, report) => sum + report.imported, 0);
  narrator.came(`${imported} sessions of ${CUSTOMERS.join(", ")}: “${CONVERSATIONS[0]?.opening}” …`);
  narrator.check("all of them are there", imported === CONVERSATIONS.length);
}

/** Makes a job that names these sessions, and watches it until it has its first results. */
export async function startNaming(api: Api, narrator: Narrator): Promise<Interrupted> {
  narrator.chapter("One job gives each of them a name");
  const made = await api.call("POST", "/sessions/names", Job, { filter: { unnamed: true, agent_id: "assistant" } });
  narrator.came(`202: job ${made.job_id}`);
  narrator.check(`it is about ${CONVERSATIONS.length} sessions`, made.total === CONVERSATIONS.length);
  narrator.called("GET", path(made));
  const job = await follow(api, narrator, made, ({ done }) => done > 0);
  return { job, seenAt: performance.now() };
}

/** The next server finds the job as the killed server left it. The rows are there; the Queue's messages are lost. */
export async function findJobAgain(api: Api, narrator: Narrator, { job }: Interrupted): Promise<void> {
  const found = await api.call("GET", path(job), Job);
  narrator.came(progressBar(found));
  narrator.check("the job is where it was, in the middle", found.done >= job.done && found.remaining > 0);
  narrator.check("and still runs: what nobody touches for a while is taken up again", found.status === "running");
  narrator.came(`the while is SWEEP_AFTER_MS: ${SWEEP_AFTER_MS / 1000} seconds in this story, a minute unless set`);
}

/**
 * Waits until the job has rested for long enough. The next look at it then sends again what the killed server was working
 * on.
 */
export async function completeNaming(api: Api, narrator: Narrator, { job, seenAt }: Interrupted): Promise<void> {
  narrator.chapter("The job goes on where it was");
  const secondsLeft = () => Math.ceil((seenAt + SWEEP_AFTER_MS + MARGIN_MS - performance.now()) / 1000);
  if (secondsLeft() > 0) narrator.came(`it has rested for long enough in ${secondsLeft()} seconds`);
  for (; secondsLeft() > 0; await sleep(500)) narrator.moving(`${secondsLeft()} seconds`);
  narrator.called("GET", path(job));
  const until = performance.now() + COMPLETED_WITHIN_MS;
  const ended = await follow(api, narrator, job, () => performance.now() > until);
  narrator.came(jobLine(ended));
  const { status, named, total } = ended;
  narrator.check(`all ${total} are named`, status === "completed" && named === CONVERSATIONS.length);

  const { silent } = api;
  const shown = SHOWN.flatMap((nth) => CONVERSATIONS[nth] ?? []);
  const names = await Promise.all(shown.map(({ id }) => silent.call("GET", `/sessions/${id}/name`, SessionName)));
  narrator.came(...shown.map(({ opening }, nth) => `${opening}  ⇒  “${names[nth]?.session_name}”`));
  const isOfJob = names.every((name) => name.source === "generated" && name.job_id === job.job_id);
  narrator.check("by this job, and each once", isOfJob && names.every(({ version }) => version === 1));
}

/** Looks at the job until it has ended, or until `isEnough` says so. Tells each change. */
async function follow(api: Api, narrator: Narrator, job: Job, isEnough: (job: Job) => boolean): Promise<Job> {
  let told = "";
  for (;;) {
    const now = await api.silent.call("GET", path(job), Job);
    const line = progressBar(now);
    if (line !== told) narrator.came(line);
    told = line;
    if (now.status !== "running" || isEnough(now)) return now;
    await sleep(POLL_MS);
  }
}
