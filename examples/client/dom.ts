/** The element with this id, which the page has. */
export function found<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} #${id}.`);
  return element;
}

/** A new element. What it holds is text or elements, never markup: what a model says is not to be trusted. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]>,
  ...held: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...held);
  return made;
}

export function button(text: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

/** An input with its label. */
export function field<Tag extends "input" | "textarea">(tag: Tag, label: string) {
  const input = element(tag, {} as Partial<HTMLElementTagNameMap[Tag]>);
  return { input, labelled: element("label", {}, label, input) };
}
