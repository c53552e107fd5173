import { useEffect } from "preact/hooks";
import { me } from "../access/access.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import { goOn } from "./go-on.ts";
import { numbersOf } from "./numbers.ts";
import { allWork, dismiss, looked, type Work } from "./work.ts";

/** What takes longer than a person waits for: how far it is, and what can be done about it. Nothing where nothing is under way. */
export function WorkBar() {
  const actor = me.value?.actor;
  useEffect(() => goOn(), [actor]);
  const shown = allWork.value.filter(({ isShown }) => isShown);
  if (shown.length === 0) return null;
  return (
    <section class="works" aria-label={texts.work.title}>
      <ul>
        {shown.map((work) => (
          <li key={work.id} class={`work ${work.state}`}>
            <WorkRow {...work} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function WorkRow(work: Work) {
  const { id, title, state, done, total, failed, failure, stop, again, problems } = work;
  const isOver = state === "ended" || state === "failed";
  const hasBar = !isOver && state !== "parted";
  return (
    <>
      <p class="work-title" dir="auto" title={title}>
        {title}
      </p>
      <div class="work-acts">
        {problems && failed > 0 && (
          <Button
            tone="quiet"
            onClick={() => {
              looked.value = work;
            }}
          >
            {`${texts.work.failed(failed)}…`}
          </Button>
        )}
        {again && (
          <Button tone="quiet" onClick={again.run}>
            {again.label}
          </Button>
        )}
        {hasBar && stop && (
          <Button tone="quiet" disabled={state === "stopping"} onClick={stop}>
            {state === "stopping" ? texts.work.stopping : texts.work.stop}
          </Button>
        )}
        {!hasBar && <IconButton icon="close" label={texts.work.dismiss(title)} onClick={() => dismiss(id)} />}
      </div>
      {hasBar && <progress aria-label={title} {...(total !== null && total > 0 && { max: total, value: done })} />}
      <p class="work-numbers">{failure ? failure.text : numbersOf(work)}</p>
    </>
  );
}
