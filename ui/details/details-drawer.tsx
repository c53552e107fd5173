import { useEffect, useRef, useState } from "preact/hooks";
import { may } from "../access/access.ts";
import { go, sessionScreen } from "../app/place.ts";
import { IconButton } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { Facts } from "./facts.tsx";
import { JsonSection } from "./json-section.tsx";
import { OpenSession } from "./open-session.ts";
import { Runs } from "./runs.tsx";
import { Summary } from "./summary.tsx";

/** From this width on there is room for the details beside the conversation. */
const BESIDE = "(min-width: 1400px)";

/** What the conversation does not show of a session: its state, what callers noted, and what its runs cost. */
export function DetailsDrawer({ sessionId }: { sessionId: string }) {
  const [of] = useState(() => new OpenSession(sessionId));
  const drawer = useRef<HTMLElement>(null);
  const close = () => go(sessionScreen(sessionId));
  useEffect(() => {
    const before = document.activeElement;
    drawer.current?.focus();
    const uncover = cover(drawer.current, close);
    void of.loadRuns();
    // Whoever changes the session, and each run of it, moves this instant.
    const stop = known(sessionId).subscribe((session) => {
      const shown = of.detail.peek();
      if (shown !== null && session?.updated_at === shown.updated_at) return;
      void of.load();
      if (shown !== null) void of.loadRuns();
    });
    return () => {
      stop();
      of.close();
      uncover();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const detail = of.detail.value;
  const failed = of.failed.value;
  const mayEdit = may("sessions:write");
  return (
    <aside ref={drawer} class="details" tabIndex={-1} aria-label={texts.details.title} onKeyDown={onKeyDown}>
      <header>
        <h2>{texts.details.title}</h2>
        <IconButton icon="close" label={texts.details.close} onClick={close} />
      </header>
      <div class="details-body" aria-busy={detail === null && failed === null}>
        {failed && <Failure what={texts.details.failed} told={failed} onRetry={() => void of.load()} />}
        {detail && (
          <>
            <Facts of={detail} />
            <Summary of={of} mayMake={mayEdit} />
            <JsonSection of={of} field="session_state" mayEdit={mayEdit} />
            <JsonSection of={of} field="metadata" mayEdit={mayEdit} />
          </>
        )}
        <Runs of={of} />
      </div>
    </aside>
  );
}

/** Nothing that the details lie over takes a key or a click, but for the click that closes them. Answers what ends that. */
function cover(drawer: HTMLElement | null, close: () => void): () => void {
  const pane = drawer?.parentElement;
  const below = drawer?.previousElementSibling;
  if (!(pane instanceof HTMLElement && below instanceof HTMLElement)) return () => {};
  const beside = matchMedia(BESIDE);
  const apply = () => {
    below.inert = !beside.matches;
  };
  const onClick = ({ target }: Event) => {
    if (target === pane) close();
  };
  apply();
  beside.addEventListener("change", apply);
  pane.addEventListener("click", onClick);
  return () => {
    beside.removeEventListener("change", apply);
    pane.removeEventListener("click", onClick);
    below.inert = false;
  };
}
