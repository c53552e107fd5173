// In a project of yours: import … from "edge-sessions-client".
import { ApiError, EdgeSessions, type Run, type RunStream, type Session } from "../../packages/client/src/index.ts";
import { askAbout, type Give } from "./answers.ts";
import { element, found } from "./dom.ts";
import { AnswerView, showUsers } from "./messages.ts";
import { keep, type Place, placeOf } from "./place.ts";

const es = new EdgeSessions({
  baseUrl: document.querySelector<HTMLMetaElement>("meta[name=edge-sessions]")?.content ?? "",
  // The token goes here. A server with OS_SECURITY_KEY or JWT_… wants one of the page's user: the JWT of your identity
  // provider, or a client token that your backend makes (docs/doors.md). Never the key itself: whoever reads the page has it.
  //
  //   token: () => getToken(),
});

const messages = found("messages", HTMLElement);
const status = found("status", HTMLElement);
const composer = found("composer", HTMLFormElement);
const message = found("message", HTMLTextAreaElement);
const send = found("send", HTMLButtonElement);
const stop = found("stop", HTMLButtonElement);
const component = found("component", HTMLSelectElement);

/** The chat that is shown. */
let place = placeOf(location.hash);
/** The run that is read. To leave it, when another chat is shown, does not end it: it goes on at the server. */
let shown: { run: RunStream; leave: AbortController } | null = null;

const componentOf = ({ component: [kind, id] }: Place) => (kind === "agents" ? es.agent(id) : es.team(id));

/** Reads a run to its end, or to where it waits for people; their answers go on with it. */
async function follow(start: (signal: AbortSignal) => RunStream, view: AnswerView): Promise<void> {
  const leave = new AbortController();
  const run = start(leave.signal);
  shown = { run, leave };
  busy(true);
  try {
    for await (const event of run) view.tell(event);
    const end = await run.result();
    if (leave.signal.aborted) return;
    if (end.status === "CANCELLED") view.note("Stopped.");
    if (end.status === "PAUSED") {
      const goOn = (give: Give) => (signal: AbortSignal) => {
        const answers = end.answer({ signal });
        give(answers);
        return answers.send();
      };
      askAbout(view.body, end, (give) => follow(goOn(give), view).catch(fail));
    }
  } catch (error) {
    if (!leave.signal.aborted) fail(error);
  } finally {
    if (shown?.run === run) busy(false);
  }
}

function busy(isBusy: boolean): void {
  send.hidden = isBusy;
  stop.hidden = !isBusy;
  status.textContent = isBusy ? "Answering…" : "";
  messages.ariaBusy = String(isBusy);
}

function fail(error: unknown): void {
  const text = error instanceof ApiError ? error.detail : String(error);
  messages.append(element("p", { role: "alert", className: "error" }, text));
}

async function say(text: string): Promise<void> {
  const { sessionId } = place;
  const isNew = messages.childElementCount === 0;
  keep(place);
  showUsers(messages, text);
  const view = new AnswerView(messages);
  await follow((signal) => componentOf(place).run({ message: text, sessionId, signal }), view);
  // Until it is named by a model, a session's name is what was said first.
  if (isNew) await es.sessions.rename(sessionId, { generate: true, fallback: "A new chat" });
  await listSessions();
}

/** A chat as the server has it; a run that goes on, or waits, is read from its first event. */
async function show(): Promise<void> {
  shown?.leave.abort();
  shown = null;
  busy(false);
  messages.replaceChildren();
  const asked = placeOf(location.hash);
  place = asked;
  component.value = place.component.join("/");
  const runs: Run[] = place.isNew ? [] : await es.sessions.runs(place.sessionId);
  // Another chat may have been chosen meanwhile.
  if (place !== asked) return;
  for (const run of runs) {
    if (run.parent_run_id === "" && run.status !== "REGENERATED") showRun(run);
  }
}

function showRun({ run_id: runId, run_input: said, status: standing, content }: Run): void {
  showUsers(messages, said ?? "");
  const view = new AnswerView(messages);
  if (standing === "RUNNING" || standing === "PENDING" || standing === "PAUSED") {
    const [kind, id] = place.component;
    const target = { runId, sessionId: place.sessionId, ...(kind === "agents" ? { agentId: id } : { teamId: id }) };
    follow((signal) => es.attach(target, { signal }), view).catch(fail);
    return;
  }
  view.whole(content);
  if (standing === "CANCELLED") view.note("Stopped.");
}

async function listSessions(): Promise<void> {
  const rows: Session[] = await es.sessions.list({ limit: 30 }).first(30);
  const links = rows.map(({ session_id: sessionId, session_name: name, agent_id: agentId, team_id: teamId }) => {
    const [kind, id] = teamId == null ? ["agents", agentId] : ["teams", teamId];
    const link = element("a", { href: `#${kind}/${id}/${encodeURIComponent(sessionId)}` }, name);
    if (sessionId === place.sessionId) link.ariaCurrent = "page";
    return element("li", {}, link);
  });
  found("sessions", HTMLElement).replaceChildren(...links);
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (text === "" || send.hidden) return;
  message.value = "";
  say(text).catch(fail);
});
message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
stop.addEventListener("click", () => shown?.run.cancel().catch(fail));
const begin = () => {
  location.hash = `#${component.value}`;
};
found("new", HTMLButtonElement).addEventListener("click", begin);
component.addEventListener("change", begin);
window.addEventListener("hashchange", () => show().then(listSessions).catch(fail));

show().then(listSessions).catch(fail);
