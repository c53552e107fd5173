import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, type EdgeSessions } from "../packages/client/src/index.ts";
import { isFine, Job, jobLine, progressBar, requestOf } from "./names/naming-progress.ts";
import { clientAt, DEFAULT_URL, sentenceOf } from "./portable/server.ts";
import { flagValue, flagValues, hasFlag } from "./server/flags.ts";

const POLL_MS = 1_000;
/** How many polls in a row may find no server. A restart takes less. */
const AWAY_POLLS = 60;

const USAGE = `Names sessions on a server, as a job that goes on by itself, and shows how far it is.

  npm run names -- --unnamed [options]        sessions that have no name
  npm run names -- --ids FILE [options]       the sessions whose ids are in a file, one a line (- is the standard input)

  --url URL                   the server (${DEFAULT_URL}); its key is read from OS_SECURITY_KEY
  --agent ID, --team ID       only sessions of that agent or team
  --user ID                   only sessions of that user
  --updated-after INSTANT     only sessions that changed after it (2026-11-21T00:00:00Z)
  --overwrite generated       replaces generated names too, never one that a person gave
  --fallback NAME             the name where the model has none
  --max-tokens N              stops when they are spent
  --key KEY                   the same key is the same job: safe to repeat
  --job ID                    looks at a job that there is, instead of making one

Ctrl-C leaves the job running. The exit code is 0 when all is done and nothing failed.`;

/** `npm run names`. Answers the exit code. */
async function names(args: readonly string[]): Promise<number> {
  if (args.length === 0 || hasFlag(args, "help", "h")) {
    console.log(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  const url = (flagValue(args, "url") ?? DEFAULT_URL).replace(/\/+$/, "");
  const known = flagValue(args, "job");
  const client = clientAt(url);
  const job = known === undefined ? await create(client, args) : await look(client, known);
  const stopTelling = tellWhereItRuns(url, job.job_id);
  const ended = await follow(client, job);
  stopTelling();
  console.log(jobLine(ended));
  if (ended.failed > 0) {
    console.log(`Why: curl "${url}/naming-jobs/${ended.job_id}/items?outcome=failed"`);
  }
  return isFine(ended) ? 0 : 1;
}

async function create(client: EdgeSessions, args: readonly string[]): Promise<Job> {
  const file = flagValues(args, ["ids"]).at(-1);
  const ids = file === undefined ? null : readFileSync(file === "-" ? 0 : file, "utf8").split(/\r?\n/);
  const options = { body: requestOf(args, ids), idempotencyKey: flagValue(args, "key") };
  const job = Job.parse((await client.request("POST", "/sessions/names", options)).data);
  console.log(`Job ${job.job_id} names ${job.total} session${job.total === 1 ? "" : "s"}.`);
  return job;
}

const look = async (client: EdgeSessions, jobId: string) =>
  Job.parse((await client.request("GET", `/naming-jobs/${encodeURIComponent(jobId)}`)).data);

/** Looks at the job until it has ended. A restart of the server in between does no harm. */
async function follow(client: EdgeSessions, made: Job): Promise<Job> {
  const show = shower();
  let job = made;
  for (let away = 0; job.status === "running"; await sleep(POLL_MS)) {
    show(job);
    const next = await look(client, job.job_id).catch((error: unknown) => {
      away += 1;
      // The caller's mistake will not go away by asking again. The server's may.
      if ((error instanceof ApiError && error.status < 500) || away > AWAY_POLLS) throw error;
      return null;
    });
    if (next !== null) {
      away = 0;
      job = next;
    }
  }
  show(job);
  if (process.stdout.isTTY) process.stdout.write("\n");
  return job;
}

/** Shows progress: on a terminal a bar that moves, elsewhere a line whenever another tenth is done. */
function shower(): (job: Job) => void {
  if (process.stdout.isTTY) {
    return (job) => void process.stdout.write(`\r${progressBar(job, process.stdout.columns)}\u001b[K`);
  }
  let shown = -1;
  return (job) => {
    const tenth = Math.floor(job.progress * 10);
    if (tenth > shown) console.log(progressBar(job));
    shown = Math.max(shown, tenth);
  };
}

/** Has Ctrl-C say how to look again. The job belongs to the server: a terminal that closes must not end it. */
function tellWhereItRuns(url: string, jobId: string): () => void {
  const tell = () => {
    console.log(`\nThe job goes on. Look again: npm run names -- --url ${url} --job ${jobId}`);
    console.log(`Cancel it:                   curl -X POST ${url}/naming-jobs/${jobId}/cancel`);
    process.exit(130);
  };
  process.once("SIGINT", tell);
  return () => void process.off("SIGINT", tell);
}

try {
  process.exitCode = await names(process.argv.slice(2));
} catch (error) {
  console.error(sentenceOf(error));
  process.exitCode = 1;
}
