/** An accept that takes so long says that D1 is about to be away. */
const SLOW_MS = 1_000;
/** For so long after an accept that failed, or was slow, models are asked behind accepts. */
const TROUBLED_MS = 60_000;

/** How D1 has answered the accepts of this session. */
export class AcceptPace {
  #troubledUntil = Number.NEGATIVE_INFINITY;

  /** The instants are milliseconds since the epoch. */
  answered(isStored: boolean, { sentAt, answeredAt }: { sentAt: number; answeredAt: number }): void {
    if (!isStored || answeredAt - sentAt >= SLOW_MS) this.#troubledUntil = answeredAt + TROUBLED_MS;
  }

  isSound(nowMs: number): boolean {
    return nowMs >= this.#troubledUntil;
  }
}
