import type { AgentEvent } from "../../packages/client/src/index.ts";
import { element } from "./dom.ts";

export function showUsers(messages: HTMLElement, text: string): void {
  messages.append(element("article", { className: "user", ariaLabel: "You" }, element("p", {}, text)));
}

/** An answer, as the events of its run tell it. */
export class AnswerView {
  readonly body = element("article", { ariaLabel: "Answer" });
  readonly #members = new Map<string, HTMLElement>();
  #text: HTMLElement | null = null;

  constructor(messages: HTMLElement) {
    messages.append(this.body);
  }

  tell(event: AgentEvent): void {
    switch (event.event) {
      case "ModelRequestStarted":
      case "TeamModelRequestStarted":
        if (!event.parent_run_id) this.#text = null;
        return;
      case "RunContent":
      case "TeamRunContent":
        if (event.parent_run_id)
          this.#member(event.run_id, event.agent_name ?? event.team_name ?? "A member").append(event.content ?? "");
        else this.#paragraph().append(event.content ?? "");
        return;
      case "ToolCallStarted":
      case "TeamToolCallStarted":
        this.note(`${event.tool?.tool_name} ${JSON.stringify(event.tool?.tool_args)}`);
        return;
      case "ToolCallCompleted":
      case "TeamToolCallCompleted":
        if (!event.parent_run_id) this.note(`${event.tool?.tool_name}: ${event.tool?.result ?? ""}`);
        return;
    }
  }

  /** The text of a run that is over. */
  whole(text: string): void {
    this.#paragraph().append(text);
  }

  note(text: string): void {
    this.body.append(element("p", { className: "note" }, text));
    this.#text = null;
  }

  #paragraph(): HTMLElement {
    this.#text ??= this.body.appendChild(element("p", {}));
    return this.#text;
  }

  #member(runId: string, name: string): HTMLElement {
    const known = this.#members.get(runId);
    if (known !== undefined) return known;
    const text = element("p", {});
    this.body.append(
      element(
        "section",
        { className: "card", ariaLabel: `${name}, a member of the team` },
        element("h3", {}, name),
        text,
      ),
    );
    this.#members.set(runId, text);
    return text;
  }
}
