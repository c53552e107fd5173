import type { SeenEvent, SessionRecord } from "../record.ts";
import { label, type Rule } from "./facts.ts";

/** Rules about what streams say, and say again. */
export const EVENT_RULES: readonly Rule[] = [
  { rule: "a reader gets each event once, in order, and misses none", check: disordered },
  { rule: "an event that is read again is the same", check: otherEvents },
];

const ENDS = new Set(["RunCompleted", "RunError", "RunCancelled", "RunPaused"]);

function disordered(record: SessionRecord): string[] {
  return record.acts.flatMap((act) => {
    const { action } = act.operation;
    const first = act.events[0];
    const wrong: string[] = [];
    if (first !== undefined && action.kind === "resume" && first.index <= action.after) {
      wrong.push(`${label(act)} has seen event ${first.index} before.`);
    }
    act.events.forEach((event, at) => {
      const before = act.events[at - 1];
      if (before === undefined || event.index === before.index + 1) return;
      // After a death of the object, the run's end has an index above every event that may have been sent.
      const isGap = event.index > before.index && leadsToEnd(act.events.slice(at));
      if (!isGap) wrong.push(`${label(act)} got event ${event.index} behind event ${before.index}.`);
    });
    return wrong;
  });
}

/** Whether nothing follows but the end of an interrupted run. */
const leadsToEnd = ([first]: readonly SeenEvent[]) => first !== undefined && ENDS.has(first.event);

function otherEvents(record: SessionRecord): string[] {
  const known = new Map<string, string>();
  return record.acts.flatMap((act) =>
    act.events.flatMap(({ index, event, content }) => {
      const place = `${act.runId} ${index}`;
      const says = `${event} ${content}`;
      const before = known.get(place) ?? says;
      known.set(place, before);
      return before === says
        ? []
        : [`${label(act)}: event ${index} of run ${act.runId} is ${says}, and was ${before}.`];
    }),
  );
}
