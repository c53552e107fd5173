import { useEffect } from "preact/hooks";
import { isStaff } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { filter, refine } from "../app/place.ts";
import { refused } from "../server/api.ts";
import { components, loadComponents } from "../server/components.ts";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";

function loadChoices(): void {
  loadComponents().catch((error: unknown) => {
    if (!refused(error)) tell({ tone: "wrong", ...toldOf(error), act: { label: texts.app.retry, run: loadChoices } });
  });
}

/** Of whom the conversations are: of an agent or a team, and for staff, of a user. */
export function Filters() {
  const { component, userId } = filter.value;
  useEffect(loadChoices, []);
  const there = components.value ?? [];
  const isThere = component === null || there.some(({ kind, id }) => `${kind}s/${id}` === component);
  return (
    <div class="filters">
      <select
        aria-label={texts.inbox.component}
        value={component ?? ""}
        aria-busy={components.value === null}
        onChange={({ currentTarget }) => refine({ component: currentTarget.value || null })}
      >
        <option value="">{texts.inbox.anyComponent}</option>
        {!isThere && <option value={component}>{component}</option>}
        {there.map(({ kind, id, name }) => (
          <option key={`${kind}s/${id}`} value={`${kind}s/${id}`}>
            {name}
          </option>
        ))}
      </select>
      {isStaff.value && (
        <input
          type="search"
          aria-label={texts.inbox.user}
          placeholder={texts.inbox.anyUser}
          dir="auto"
          autoComplete="off"
          spellcheck={false}
          value={userId ?? ""}
          onChange={({ currentTarget }) => refine({ userId: currentTarget.value.trim() || null })}
        />
      )}
    </div>
  );
}
