import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ImportReport, SessionName } from "./api.ts";
import { agnoRows, CONVERSATIONS, CUSTOMERS } from "./conversations.ts";
import { Job, jobLine, progressBar } from "../names/naming-progress.ts";
import type { Narrator } from "./narrator.ts";

const POLL_MS = 50;
/** The server sends again what nobody has touched for a minute, when somebody looks at the job. */
const UNTOUCHED_MS = 61_000;
const COMPLETED_WITHIN_MS = 30_000;
/** Some whose names are shown, and asked after. */
const SHOWN = [0, 8, 12, 71, 109, 137];

/** A naming job whose server was killed. */
export interface Interrupted {
  job: Job;
  /** When it was last seen to move. */
  seenAt: number;
}

const path = ({ job_id }: Job) => `/naming-jobs/${job_id}`;

/** Sessions of one run each: too short to be named by themselves. */
export async function moveIn(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Conversations move in from Agno");
  const reports = await Promise.all(CUSTOMERS.map((user) => api.call("POST", "/import", ImportReport, agnoRows(user))));
  const imported = reports.reduce((sum, report) => sum + report.imported, 0);
  narrator.came(`${imported} sessions of ${CUSTOMERS.join(", ")}: “${CONVERSATIONS[0]?.opening}” …`);
  narrator.check("all of them are there", imported === CONVERSATIONS.length);
}

/** A job names them; it is left in the middle. */
export async function startNaming(api: Api, narrator: Narrator): Promise<Interrupted> {
  narrator.chapter("One job gives each of them a name");
  const made = await api.call("POST", "/sessions/names", Job, { filter: { unnamed: true, agent_id: "assistant" } });
  narrator.came(`202: job ${made.job_id}`);
  narrator.check(`it is about ${CONVERSATIONS.length} sessions`, made.total === CONVERSATIONS.length);
  narrator.called("GET", path(made));
  const job = await follow(api, narrator, made, ({ done }) => done > 0);
  return { job, seenAt: performance.now() };
}

/** The server that comes after finds the job as it was left: the rows are there, the Queue's messages are not. */
export async function findJobAgain(api: Api, narrator: Narrator, { job }: Interrupted): Promise<void> {
  const found = await api.call("GET", path(job), Job);
  narrator.came(progressBar(found));
  narrator.check("the job is where it was, in the middle", found.done >= job.done && found.remaining > 0);
  narrator.check("and still runs: what nobody touches for a minute is taken up again", found.status === "running");
}

/** A look at the job, once it has rested for a minute, sends again what the dead server had in hand. */
export async function completeNaming(api: Api, narrator: Narrator, { job, seenAt }: Interrupted): Promise<void> {
  narrator.chapter("The job goes on where it was");
  const secondsLeft = () => Math.ceil((seenAt + UNTOUCHED_MS - performance.now()) / 1000);
  if (secondsLeft() > 0) narrator.came(`its minute is over in ${secondsLeft()} seconds`);
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

/** Looks at the job until it has ended, or is far enough; tells of what has changed. */
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
