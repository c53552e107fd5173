import { setTimeout as sleep } from "node:timers/promises";
import { type Api, Run, SessionName } from "./api.ts";
import { OPENINGS } from "./demo-conversations.ts";
import { Job, jobLine, progressBar } from "./naming-progress.ts";
import { type Narrator, StoryError } from "./narrator.ts";

/** Whose conversations they are. */
export const DESK = "desk";
const AT_ONCE = 8;
const POLL_MS = 20;
/** The server sends again what nobody has touched for this long, when somebody looks at the job. */
const UNTOUCHED_MS = 61_000;
const COMPLETED_WITHIN_MS = 30_000;

/** A naming job whose server was killed. */
export interface Interrupted {
  job: Job;
  /** When it was last seen to move. */
  seenAt: number;
}

const idOf = (nth: number) => `talk-${String(nth + 1).padStart(2, "0")}`;
const path = ({ job_id }: Job) => `/naming-jobs/${job_id}`;

/** Forty sessions of one run each: too short to be named by themselves. */
export async function talkOften(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter(`${OPENINGS.length} conversations that nobody has named`);
  narrator.came(`POST /agents/assistant/runs, ${OPENINGS.length} times`);
  const waiting = [...OPENINGS.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [nth, message] = next;
      const body = { message, session_id: idOf(nth), user_id: DESK, stream: false };
      const { status } = await api.silent().call("POST", "/agents/assistant/runs", Run, body);
      if (status !== "COMPLETED") throw new StoryError(`The run of ${idOf(nth)} is ${status}.`);
      narrator.moving(`${OPENINGS.length - waiting.length} of ${OPENINGS.length}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** A job names them; it is left in the middle. */
export async function startNaming(api: Api, narrator: Narrator): Promise<Interrupted> {
  narrator.chapter("All of them get a name, by one job");
  const filter = { unnamed: true, agent_id: "assistant", user_id: DESK };
  const made = await api.call("POST", "/sessions/names", Job, { filter });
  narrator.came(`202: job ${made.job_id}`);
  narrator.check(`it is about ${OPENINGS.length} sessions`, made.total === OPENINGS.length);
  narrator.called("GET", path(made));
  const job = await follow(api, narrator, made, ({ done }) => done > 0);
  return { job, seenAt: performance.now() };
}

/** The server that comes after finds the job as it was left: the rows are there, the Queue's messages are not. */
export async function findJobAgain(api: Api, narrator: Narrator, { job }: Interrupted): Promise<void> {
  const found = await api.call("GET", path(job), Job);
  narrator.came(progressBar(found));
  narrator.check("the job is where it was, and not lost", found.status === "running" && found.done >= job.done);
  narrator.check("and it was in the middle", found.remaining > 0);
  narrator.came("What nobody touches for a minute is sent again. Meanwhile:");
}

/** A look at the job, once it has rested for a minute, sends again what the dead server had in hand. */
export async function completeNaming(api: Api, narrator: Narrator, { job, seenAt }: Interrupted): Promise<void> {
  narrator.chapter("The job goes on where it was");
  const leftSeconds = () => Math.ceil((seenAt + UNTOUCHED_MS - performance.now()) / 1000);
  if (leftSeconds() > 0) narrator.came(`the minute is over in ${leftSeconds()} seconds`);
  for (; leftSeconds() > 0; await sleep(500)) narrator.moving(`${leftSeconds()} seconds`);
  narrator.called("GET", path(job));
  const until = performance.now() + COMPLETED_WITHIN_MS;
  const ended = await follow(api, narrator, job, () => performance.now() > until);
  narrator.came(jobLine(ended));
  narrator.check(`all ${OPENINGS.length} are named`, ended.status === "completed" && ended.named === OPENINGS.length);

  const names = await Promise.all(
    OPENINGS.map((_, nth) => api.silent().call("GET", `/sessions/${idOf(nth)}/name`, SessionName)),
  );
  for (const nth of [0, 8, 12, 17, 29, 37]) narrator.came(`${OPENINGS[nth]}  ⇒  “${names[nth]?.session_name}”`);
  narrator.check(
    "by this job, and each of them once",
    names.every(({ source, job_id, version }) => source === "generated" && job_id === job.job_id && version === 1),
  );
}

/** Looks at the job until it has ended, or is far enough; tells of what has changed. */
async function follow(api: Api, narrator: Narrator, job: Job, isEnough: (job: Job) => boolean): Promise<Job> {
  let told = "";
  for (;;) {
    const now = await api.silent().call("GET", path(job), Job);
    const line = progressBar(now);
    if (line !== told) narrator.came(line);
    told = line;
    if (now.status !== "running" || isEnough(now)) return now;
    await sleep(POLL_MS);
  }
}
