/** The session changed between the look and the write, so what was decided on the look must not be written. */
export type LookAgain = "look_again";

const MAX_LOOKS = 4;

/** Calls `decide` until the session has not changed between its look and its write; null if it changed each time. */
export async function decideOnLook<T>(
  memory: { drop(): void },
  decide: () => Promise<T | LookAgain>,
): Promise<T | null> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const decided = await decide();
    if (decided !== "look_again") {
      return decided;
    }
    memory.drop();
  }
  return null;
}
