import { MAX_READERS } from "../../domain/limits.ts";
import type { Principal } from "../../domain/principal.ts";
import { type View, viewOf } from "../../domain/view.ts";

/** Who reads a run's events, and what it is shown of them. */
export interface Reader {
  view: View;
  /** Frees the place. To be called once it has left, or has all events. */
  leave(): void;
}

/**
 * Who reads which run of the session. Each reader of a stored run holds a copy of the run, so a confined user has few
 * places; others have no bound.
 */
export class Readers {
  readonly #open = new Map<string, number>();

  /** Null if the user has no place left at this run. */
  admit(principal: Principal, runId: string): Reader | null {
    const view = viewOf(principal);
    // A Worker of an older deployment says neither: it knows no confined callers.
    if (principal.confined !== true) {
      return { view, leave: () => {} };
    }
    const place = JSON.stringify([runId, principal.userId]);
    const open = this.#open.get(place) ?? 0;
    if (open >= MAX_READERS) {
      return null;
    }
    this.#open.set(place, open + 1);
    let isThere = true;
    const leave = () => {
      if (isThere) {
        isThere = false;
        this.#left(place);
      }
    };
    return { view, leave };
  }

  #left(place: string): void {
    const open = (this.#open.get(place) ?? 0) - 1;
    if (open > 0) {
      this.#open.set(place, open);
    } else {
      this.#open.delete(place);
    }
  }
}
