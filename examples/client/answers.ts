import type { Answers, OpenRequirement, RunEnd } from "../../packages/client/src/index.ts";
import { button, element, field } from "./dom.ts";

/** Adds answers to those that are sent. */
export type Give = (answers: Answers) => void;

/** Shows a card for each call that the run waits for. Once all have their answers, they are sent together. */
export function askAbout(place: HTMLElement, end: RunEnd, send: (give: Give) => void): void {
  const given: Give[] = [];
  for (const asked of end.requirements) {
    const { tool_name: name, tool_args: args } = asked.tool_execution;
    const card = element("section", { className: "card", ariaLabel: `Call of ${name}` }, element("h3", {}, name));
    const done = (give: Give, said: string) => {
      card.querySelector(".answer")?.replaceWith(element("p", { className: "note" }, said));
      given.push(give);
      if (given.length < end.requirements.length) return;
      send((answers) => {
        for (const one of given) one(answers);
      });
    };
    card.append(element("pre", {}, JSON.stringify(args, null, 2)), formOf(asked, done));
    place.append(card);
  }
}

type Done = (give: Give, said: string) => void;

function formOf(asked: OpenRequirement, done: Done): HTMLElement {
  switch (asked.kind) {
    case "confirmation": {
      const { input, labelled } = field("input", "Reason, which the model reads");
      const note = () => input.value.trim() || undefined;
      const approve = button("Approve", () => done((answers) => answers.approve(asked, note()), "approved"));
      const reject = button("Reject", () => done((answers) => answers.reject(asked, note()), "rejected"));
      return element("div", { className: "answer" }, labelled, approve, reject);
    }
    case "user_input": {
      const open = asked.user_input_schema?.filter(({ value }) => value === null) ?? [];
      const fields = open.map((one) => ({ ...one, ...field("input", `${one.name} ${one.description ?? ""}`) }));
      const values = () =>
        Object.fromEntries(fields.map(({ name, field_type, input }) => [name, typed(input.value, field_type)]));
      const fill = button("Fill in", () => {
        const written = values();
        done((answers) => answers.fill(asked, written), "filled in");
      });
      return element("div", { className: "answer" }, ...fields.map(({ labelled }) => labelled), fill);
    }
    case "external_execution": {
      const { input, labelled } = field("textarea", "What it printed");
      const give = button("Send the result", () => {
        const result = input.value;
        done((answers) => answers.give(asked, result), "done");
      });
      return element("div", { className: "answer" }, labelled, give);
    }
  }
}

/** What is written is text; the tool wants what its schema says. */
const typed = (text: string, type: string): unknown => (type === "str" ? text : JSON.parse(text));
