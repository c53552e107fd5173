/** The runs that are shown, by their ids. */
export const shownRuns = new Map<string, { follow(): unknown }>();

/** Somebody has answered what a run waits for, here. If it is shown, it is read on at once. */
export const goesOn = (runId: string): void => void shownRuns.get(runId)?.follow();
