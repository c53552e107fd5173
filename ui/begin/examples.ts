import { signal } from "@preact/signals";
import { isStaff, may } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { go, openSessionId } from "../app/place.ts";
import { api, refused } from "../server/api.ts";
import { pollNow } from "../server/poll.ts";
import { forget } from "../sessions/known.ts";
import { tellFailure } from "../sessions/session-acts.ts";
import { texts } from "../texts/index.ts";
import { EXAMPLE_TAG, exampleMetadata, isExample } from "./example-mark.ts";
import { type Answerer, type Example, planExamples, type Said } from "./example-plan.ts";

const words = texts.examples;

/** Whether examples can be made here: only the offline model costs nothing, and answers as they expect. */
export const isOffered = signal(false);
/** While they are made. */
export const making = signal<{ done: number; total: number } | null>(null);
/** The one that was made last, which is on top of the list. */
export const lastMade = signal<string | null>(null);
export const isRemoving = signal(false);
/** As many as a caller may change at once. */
const MAX_REMOVED = 1_000;

/** Finds out whether they can be made. */
export async function askOffer(): Promise<void> {
  const needed = ["config:read", "agents:read", "agents:run", "sessions:write", "sessions:delete"] as const;
  if (!needed.every((scope) => may(scope))) return;
  try {
    const { data } = await api.request<{ provider: string }[]>("GET", "/models");
    isOffered.value = data.length > 0 && data.every(({ provider }) => provider === "Offline");
  } catch (error) {
    // Nothing is offered then: whoever asked for nothing is told of no failure.
    refused(error);
  }
}

/** Makes them one after the other, as people would have: real sessions with real runs. */
export const makeExamples = (): Promise<void> =>
  make(async () => {
    const there = await Promise.all(["agent", "team"].map((kind) => answerers(kind as Answerer["kind"])));
    return planExamples(there.flat());
  });

/** After a failure, those that are left. */
async function make(plan: () => Promise<readonly Example[]>): Promise<void> {
  if (making.peek() !== null) return;
  making.value = { done: 0, total: 1 };
  let left = null as readonly Example[] | null;
  let made: string | null = null;
  try {
    left = await plan();
    for (const total = left.length; left.length > 0; left = left.slice(1)) {
      making.value = { done: total - left.length, total };
      made = await makeOne(left[0] as Example);
      pollNow();
    }
    lastMade.value = made;
    tell({ text: words.made });
  } catch (error) {
    const rest = left;
    tellFailure(words.makeFailed, error, () => void (rest === null ? makeExamples() : make(async () => rest)));
  } finally {
    making.value = null;
    pollNow();
  }
}

async function answerers(kind: Answerer["kind"]): Promise<Answerer[]> {
  if (!may(`${kind}s:read`) || !may(`${kind}s:run`)) return [];
  const { data } = await api.request<{ id: string; tools?: { tools: { name: string }[] } }[]>("GET", `/${kind}s`);
  return data.map(({ id, tools }) => ({ kind, id, tools: tools?.tools.map(({ name }) => name) ?? [] }));
}

/** Answers its id. */
async function makeOne({ of, userId, name, isPinned, says }: Example): Promise<string> {
  const owner = isStaff.peek() ? { userId } : {};
  const { kind, id } = of;
  const sessionId = crypto.randomUUID();
  const body = {
    session_id: sessionId,
    [`${kind}_id`]: id,
    tags: [EXAMPLE_TAG],
    metadata: exampleMetadata(sessionId),
    ...(name !== undefined && { session_name: name }),
    ...(isPinned && { pinned: true }),
  };
  // Unless the type is named, a session is one of an agent.
  await api.request("POST", "/sessions", { ...owner, query: { type: kind }, body });
  try {
    const component = kind === "agent" ? api.agent(id) : api.team(id);
    for (const { message, answer } of says) {
      await answered(component.run({ message, sessionId, ...owner }), answer);
    }
    return sessionId;
  } catch (error) {
    // Whoever tries again makes the whole of it.
    await api.sessions.delete(sessionId, owner).catch(() => {});
    throw error;
  }
}

async function answered(run: ReturnType<ReturnType<typeof api.agent>["run"]>, answer: Said["answer"]): Promise<void> {
  const end = await run.result();
  const [asked] = end.requirements;
  if (answer === undefined || asked === undefined) return;
  const answers = end.answer();
  if ("reject" in answer) answers.reject(asked, answer.reject);
  else if (asked.kind === "external_execution") answers.give(asked, answer.give);
  await answers.send().result();
}

/** Removes what was made as an example and still has its tag, and nothing else, whoever has made it. */
export async function removeExamples(): Promise<void> {
  if (isRemoving.peek()) return;
  isRemoving.value = true;
  try {
    const tagged = await api.sessions.list({ tag: [EXAMPLE_TAG], archived: "all", limit: 100 }).first(MAX_REMOVED);
    const ids = tagged.filter(isExample).map(({ session_id: id }) => id);
    if (ids.length > 0) {
      const body = { action: "delete", session_ids: ids };
      await api.request("POST", "/sessions/bulk", { body, idempotencyKey: crypto.randomUUID() });
    }
    if (ids.includes(openSessionId.peek() ?? "")) go({ screen: "inbox" }, { replace: true });
    for (const id of ids) forget(id);
    tell({ text: words.removed(ids.length) });
  } catch (error) {
    tellFailure(words.removeFailed, error, () => void removeExamples());
  } finally {
    isRemoving.value = false;
    pollNow();
  }
}
