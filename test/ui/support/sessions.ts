import type { Page, Request } from "playwright-core";
import type { CreateSession, Session } from "../../../packages/client/src/index.ts";
import type { User } from "./stage.ts";

/** Makes this many sessions of nothing said, the last one newest. Answers their ids, newest first. */
export async function makeSessions(
  { api }: User,
  count: number,
  of: (nth: number) => CreateSession = () => ({}),
): Promise<string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const { data } = await api.sessions.create({ session_name: `Session ${nth}`, agent_id: "assistant", ...of(nth) });
    ids.unshift(data.session_id);
  }
  return ids;
}

/** A session in which a user has said something, and the model has answered: `You said: …`. */
export async function say({ api }: User, message: string, sessionId: string = crypto.randomUUID()): Promise<string> {
  await api.agent("assistant").run({ message, sessionId }).result();
  return sessionId;
}

/** What the page asks of the list of sessions from now on, as queries. */
export function listRequests(page: Page): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  page.on("request", (request: Request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/sessions" && request.method() === "GET") asked.push(searchParams);
  });
  return asked;
}

/** Has the page believe that its tab is shown, or is not. */
export const show = (page: Page, state: "visible" | "hidden"): Promise<void> =>
  page.evaluate(`
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "${state}" });
    document.dispatchEvent(new Event("visibilitychange"));
  `);

/** Shows the tab again, and settles when the page has asked for what is new. */
export async function lookAgain(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === "/sessions");
  await show(page, "visible");
  await (await answered).finished();
}

export const row = (page: Page, sessionId: string) => page.locator(`a.row[data-session="${sessionId}"]`);

/** The rows that are there, by the ids of their sessions. */
export const shownRows = (page: Page): Promise<string[]> =>
  page.locator("a.row").evaluateAll((rows) => rows.map((one) => one.dataset.session ?? ""));

/** A row of a list as the server answers it. */
const listedSession = (nth: number): Session => ({
  session_id: `row-${nth}`,
  session_name: `Conversation ${nth}`,
  name_source: "manual",
  session_type: "agent",
  agent_id: "assistant",
  tags: nth % 5 === 0 ? ["billing"] : [],
  pinned: false,
  archived: false,
  run_count: 1,
  message_count: 2,
  open_requirements: 0,
  last_message: { role: "assistant", text: `The answer of ${nth}`, created_at: "2026-11-30T12:00:00Z" },
  created_at: "2026-11-30T12:00:00Z",
  updated_at: new Date(Date.UTC(2026, 10, 30, 12) - nth * 60_000).toISOString().replace(".000", ""),
});

/** A list of the server's, of as many sessions as are asked for. */
export class MadeUpList {
  readonly #rows: Session[];
  readonly #page: number;
  #changed: Session[] = [];

  constructor(count: number, page: number) {
    this.#page = page;
    this.#rows = Array.from({ length: count }, (_, nth) => listedSession(nth));
  }

  change(nth: number, change: Partial<Session>): void {
    const there = this.#rows[nth];
    if (there !== undefined) this.#changed = [{ ...there, ...change, updated_at: "2026-11-30T13:00:00Z" }];
  }

  /** As if all had been imported in one second. */
  changeAllAtOnce(): void {
    for (const row of this.#rows) row.updated_at = "2026-11-30T12:00:00Z";
  }

  answer({ searchParams }: URL) {
    const since = searchParams.get("updated_after");
    const moved = new Set(this.#changed.map(({ session_id: id }) => id));
    const rows = [...this.#changed, ...this.#rows.filter(({ session_id: id }) => !moved.has(id))].filter(
      ({ updated_at: at }) => since === null || Date.parse(at) >= Date.parse(since),
    );
    const from = Number(searchParams.get("cursor") ?? 0);
    const to = from + this.#page;
    const meta = { limit: this.#page, next_cursor: to < rows.length ? String(to) : null };
    return { data: rows.slice(from, to), meta };
  }
}

/** Goes to the end of what is loaded until all is. In the page, as it takes a step for each page of the list. */
export const loadAll = (count: number) => `(async () => {
  const list = document.querySelector(".rows");
  while (list.querySelectorAll("a.row").length < ${count}) {
    list.scrollTo(0, list.scrollHeight);
    await new Promise(requestAnimationFrame);
  }
})()`;
