import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Server, startServer } from "../server/server-process.ts";
import type { Settings } from "../server/settings.ts";
import { StartError } from "../server/wrangler.ts";
import { check } from "./checks/all.ts";
import { type Lived, liveEpoch, type Stage } from "./epoch.ts";
import { ModelServer } from "./model-server.ts";
import type { EpochPlan } from "./plan.ts";
import { type Act, Clock, type Finding, type SessionRecord } from "./record.ts";

/** What came of a plan. It goes to its end, or to the first epoch in which something is found. */
export interface Went {
  /** How many histories there were. A history is one session in one epoch. */
  histories: number;
  epochs: number;
  acts: Act[];
  findings: Finding[];
  /** The sessions in which something was found. */
  records: SessionRecord[];
  /** What the server wrote in the last epoch. */
  output: string;
}

const STARTS = 3;

/** Wrangler looks for free ports before workerd takes them. On a busy machine another program may take one in between. */
async function started(stateDir: string, settings: Settings): Promise<Server> {
  for (let nth = 1; ; nth++) {
    try {
      return await startServer(stateDir, settings);
    } catch (error) {
      const isTaken = error instanceof StartError && error.message.includes("Address already in use");
      if (!isTaken || nth === STARTS) throw error;
    }
  }
}

/** If a session could not be read, that is the finding. The rules have nothing to compare with. */
function findingsIn({ record, unread }: Lived): Finding[] {
  if (unread === null) return check(record);
  return [{ rule: "a session can be read behind a restart", sessionId: record.sessionId, detail: unread }];
}

/** How long the server waits for the model. A model that stalls is silent for longer (`STALL_MS`). */
const MODEL_TIMEOUT_MS = 2_000;

/** Carries out a plan on a server, a state and a model of its own. */
export async function live(plan: readonly EpochPlan[], onEpoch: (epoch: number) => void): Promise<Went> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "edge-sessions-histories-"));
  const remove = () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  process.on("exit", remove);
  const clock = new Clock();
  const model = new ModelServer(clock);
  const settings: Settings = {
    OPENAI_BASE_URL: await model.listen(),
    OPENAI_MODEL: "histories",
    MODEL_TIMEOUT_MS: String(MODEL_TIMEOUT_MS),
    MODEL_MAX_RETRIES: "1",
    DELETE_UNDO_SECONDS: "86400",
  };
  const went: Went = { histories: 0, epochs: 0, acts: [], findings: [], records: [], output: "" };
  let server = await started(stateDir, settings);
  const stage: Stage = {
    world: { url: server.url, isUp: true },
    model,
    clock,
    records: new Map(),
    start: () => started(stateDir, settings),
  };
  try {
    for (const epoch of plan) {
      const { server: restarted, lived } = await liveEpoch(epoch, stage, server);
      server = restarted;
      went.histories += lived.length;
      went.epochs += 1;
      went.acts.push(...lived.flatMap(({ record }) => record.acts.filter((act) => act.epoch === epoch.epoch)));
      for (const one of lived) {
        const found = findingsIn(one);
        went.findings.push(...found);
        if (found.length > 0) went.records.push(one.record);
      }
      for (const text of model.strangers.splice(0)) {
        went.findings.push({
          rule: "the model is asked for runs only",
          sessionId: "",
          detail: `It was sent "${text}".`,
        });
      }
      went.output = server.output();
      if (went.findings.length > 0) break;
      onEpoch(epoch.epoch);
    }
    return went;
  } finally {
    await server.stop();
    model.close();
    process.off("exit", remove);
    remove();
  }
}
