/**
 * A Worker's clock stands still while code runs and moves on with the next event: behind code that may take for ever, this
 * lets the test's own time-out see it.
 */
export const moveClock = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));
