/** The world moved between the look and the write: what was decided on the look is not written. */
export type LookAgain = "look_again";

const MAX_LOOKS = 4;

/** Decides on a look at the session, on a new one where the world moved meanwhile; null when it never stood still. */
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
