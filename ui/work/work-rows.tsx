import { Button, IconButton } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import { allWork, looked, type Work } from "./all-work.ts";
import { numbersOf } from "./numbers.ts";
import { dismiss } from "./work.ts";

/** What is under way: how far it is, and what can be done about it. */
export function WorkRows() {
  return (
    <section class="works" aria-label={texts.work.title}>
      <ul>
        {allWork.value
          .filter(({ isShown }) => isShown)
          .map((work) => (
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
