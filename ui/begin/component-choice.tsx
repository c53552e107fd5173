import { Icon } from "../parts/icon.tsx";
import type { Component } from "../server/component.ts";
import { texts } from "../texts/index.ts";
import { keyOf } from "./begin.ts";

/** Which agent or team answers: one of a group, so arrows go through it. */
export function ComponentChoice({
  offered,
  chosen,
  onChoose,
}: {
  offered: readonly Component[];
  chosen: Component | null;
  onChoose: (component: Component) => void;
}) {
  return (
    <fieldset class="components">
      <legend>{texts.begin.who}</legend>
      {offered.map((one) => (
        <label key={keyOf(one)} class="component">
          <input
            type="radio"
            name="component"
            value={keyOf(one)}
            checked={one === chosen}
            onChange={() => onChoose(one)}
          />
          <Icon name={one.kind} />
          <span class="component-name" dir="auto">
            {one.name}
          </span>
          <span class="component-about" dir="auto">
            {one.description}
          </span>
          {one.kind === "team" && <span class="chip">{texts.begin.team}</span>}
        </label>
      ))}
    </fieldset>
  );
}
