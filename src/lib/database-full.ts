/**
 * What D1 says when there is no room for what a batch would add: that the database is as large as one may be (10 GB; 500 MB on the
 * free plan), that the account's databases together are, or SQLite's own words, which workerd and an object's storage use.
 * They stand at the beginning of a message, so a text of a caller that a message quotes is none of them.
 */
const FULL =
  /^(?:Error: )?(?:D1_\w+: )?(?:Exceeded maximum (?:DB size|account storage)|Your account has exceeded D1's maximum account storage limit|database or disk is full|SQLITE_FULL)/i;

/** Whether D1 refused because the database is full: nothing of the batch was written. */
export function saysFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (FULL.test(cause.message)) return true;
  }
  return false;
}
