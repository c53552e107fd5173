import {
  type Action,
  type Fields,
  type Kind,
  type Operation,
  type Reading,
  TAGS,
  TOOL_NAMES,
  type Turn,
} from "./operations.ts";
import { Random } from "./random.ts";

/** Few clients share a session, so that they meet. The sessions are so many because each epoch pays for a restart. */
const SLOTS = 16;
const MAX_CLIENTS = 3;
const MAX_OPERATIONS = 7;
const WAIT_MS = 160;
/** After that many epochs another session takes the slot. */
const GENERATION_EPOCHS = 3;

const STATE_KEYS = ["a", "b", "c"] as const;

const WEIGHTS: Record<Kind, number> = {
  run: 34,
  patch: 17,
  rename: 4,
  tag: 4,
  cancel: 6,
  continue: 9,
  regenerate: 4,
  branch: 3,
  resume: 4,
  fork: 2,
  delete: 2,
  restore: 2,
  read: 5,
  list: 2,
  search: 2,
};

/** What the clients of one session do in one epoch, which makes one history. */
export interface SessionPlan {
  sessionId: string;
  userId: string;
  /** A client performs its operations one after another. The clients go side by side. */
  clients: Operation[][];
  /** Requests that come all at once after the restart. They wake the session. */
  wake: Operation[];
}

/** What happens between a start of the server and the next one, with a kill in the middle. */
export interface EpochPlan {
  epoch: number;
  sessions: SessionPlan[];
  /** The server is killed that long after this operation begins. Operations are counted over all clients. */
  kill: { operation: number; delayMs: number };
}

/** The whole plan of a seed. */
export function planEpochs(seed: number, epochs: number): EpochPlan[] {
  return Array.from({ length: epochs }, (_, epoch) => planEpoch(seed, epoch));
}

function planEpoch(seed: number, epoch: number): EpochPlan {
  const random = new Random(`${seed} epoch ${epoch}`);
  const sessions = Array.from({ length: SLOTS }, (_, slot) => planSession(seed, epoch, slot));
  const count = operationsOf({ sessions });
  return {
    epoch,
    sessions,
    kill: { operation: random.between(Math.floor(count / 3), count), delayMs: random.between(0, 250) },
  };
}

function planSession(seed: number, epoch: number, slot: number): SessionPlan {
  const random = new Random(`${seed} epoch ${epoch} slot ${slot}`);
  // The slots change their sessions in different epochs.
  const generation = Math.floor((epoch + slot) / GENERATION_EPOCHS);
  let count = 0;
  const operation = (action: (token: string) => Action, waitMs: number): Operation => {
    const token = `z${seed}e${epoch}s${slot}n${count}`;
    count += 1;
    return { token, waitMs, action: action(token) };
  };
  const clients = Array.from({ length: random.between(1, MAX_CLIENTS) }, () =>
    Array.from({ length: random.between(2, MAX_OPERATIONS) }, () =>
      operation((token) => planAction(random, token), random.between(0, WAIT_MS)),
    ),
  );
  const wake = Array.from({ length: random.between(0, 3) }, () =>
    operation(
      (token) => (random.chance(0.7) ? planRun(random, token) : planPatch(random, token)),
      random.between(0, 20),
    ),
  );
  return {
    sessionId: `h${seed}-${slot}-${generation}`,
    userId: `u${seed}-${slot}-${generation}`,
    clients,
    wake,
  };
}

function planAction(random: Random, token: string): Action {
  const kind = random.weighted(WEIGHTS);
  const pick = random.between(0, 99);
  switch (kind) {
    case "run":
      return planRun(random, token);
    case "patch":
      return planPatch(random, token);
    case "rename":
      return { kind, condition: condition(random) };
    case "tag": {
      const add = random.pick(TAGS);
      const remove = random.pick(TAGS);
      return { kind, add: [add], remove: random.chance(0.4) && remove !== add ? [remove] : [] };
    }
    case "cancel":
      return { kind, pick };
    case "continue":
      return { kind, pick, approve: random.chance(0.7), onlyFirst: random.chance(0.2), read: reading(random) };
    case "regenerate":
      return { kind, pick, replace: random.chance(0.6), turns: planTurns(random), read: reading(random) };
    case "branch":
      return { kind, pick, turns: planTurns(random), read: reading(random) };
    case "resume":
      return { kind, pick, after: random.between(-1, 6) };
    default:
      return { kind };
  }
}

function planRun(random: Random, token: string): Action {
  return {
    kind: "run",
    turns: planTurns(random),
    read: reading(random),
    onBusy: random.weighted({ enqueue: 80, reject: 8, interrupt: 12 }),
    state: random.chance(0.35) ? { [random.pick(STATE_KEYS)]: token } : null,
    keyed: random.chance(0.3),
  };
}

function planPatch(random: Random, token: string): Action {
  const merge = random.chance(0.65);
  const fields: Fields = {};
  const object = () => {
    const members: Record<string, string | null> = { [random.pick(STATE_KEYS)]: token };
    if (random.chance(0.3)) members[random.pick(STATE_KEYS)] = merge && random.chance(0.5) ? null : `${token}too`;
    return members;
  };
  const field = random.weighted({ session_state: 60, metadata: 15, tags: 12, pinned: 8, archived: 5 });
  if (field === "tags") fields.tags = TAGS.filter(() => random.chance(0.4));
  else if (field === "pinned" || field === "archived") fields[field] = random.chance(0.5);
  else fields[field] = object();
  if (field !== "session_state" && random.chance(0.3)) fields.session_state = object();
  return { kind: "patch", merge, condition: condition(random), fields };
}

const condition = (random: Random) => random.weighted({ none: 70, seen: 24, first: 6 });

const reading = (random: Random): Reading => random.weighted({ stream: 35, whole: 25, background: 25, leave: 15 });

/** What the model does with each request of one run. After the last of these it answers plainly. */
function planTurns(random: Random): Turn[] {
  const turns: Turn[] = [];
  const delayMs = () => (random.chance(0.3) ? random.between(50, 400) : random.between(0, 40));
  const words = () => random.between(1, 8);
  if (random.chance(0.12)) turns.push({ does: "fail", delayMs: delayMs(), status: random.pick([429, 500]) });
  while (turns.length < 4 && random.chance(0.38)) {
    const calls = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => random.pick(TOOL_NAMES));
    turns.push({ does: "call", delayMs: delayMs(), calls });
  }
  const end = random.weighted({ answer: 88, cut: 6, stall: 1, fail: 5 });
  switch (end) {
    case "answer":
      turns.push({ does: end, delayMs: delayMs(), words: words(), everyMs: random.between(0, 40) });
      break;
    case "cut":
      turns.push({ does: end, delayMs: delayMs(), words: words() });
      break;
    case "stall":
      turns.push({ does: end, words: words() });
      break;
    case "fail":
      // The server retries once, so only two failures fail the run.
      for (const status of [500, 429] as const) turns.push({ does: end, delayMs: delayMs(), status });
  }
  return turns;
}

/** How many operations the clients of an epoch have. */
export const operationsOf = ({ sessions }: Pick<EpochPlan, "sessions">): number =>
  sessions.reduce((sum, { clients }) => sum + clients.reduce((more, client) => more + client.length, 0), 0);

/**
 * The first operations of the plan, that many. Within an epoch the clients take turns. Later epochs are left out. The last
 * epoch that is left is killed as planned, or with its last operation if that comes first.
 */
export function prefixOf(plan: readonly EpochPlan[], operations: number): EpochPlan[] {
  const prefix: EpochPlan[] = [];
  let left = operations;
  for (const epoch of plan) {
    const count = operationsOf(epoch);
    if (left <= 0) break;
    prefix.push(left >= count ? epoch : firstOf(epoch, left));
    left -= count;
  }
  return prefix;
}

function firstOf(epoch: EpochPlan, count: number): EpochPlan {
  let left = count;
  const kept = new Map<Operation[], number>();
  for (let nth = 0; left > 0 && nth < MAX_OPERATIONS; nth++) {
    for (const client of epoch.sessions.flatMap(({ clients }) => clients)) {
      if (left > 0 && nth < client.length) {
        kept.set(client, nth + 1);
        left -= 1;
      }
    }
  }
  return {
    ...epoch,
    sessions: epoch.sessions.map((session) => ({
      ...session,
      clients: session.clients.map((client) => client.slice(0, kept.get(client) ?? 0)),
    })),
    kill: { ...epoch.kill, operation: Math.min(epoch.kill.operation, count) },
  };
}
