/**
 * The least number of operations from the beginning with which it still fails, found by halving: timing is not planned,
 * so a shorter one may fail that is not tried, and one that failed may not do so again. Null where all of them do not
 * fail a second time.
 */
export async function shortestPrefix(
  operations: number,
  fails: (operations: number) => Promise<boolean>,
): Promise<number | null> {
  if (!(await fails(operations))) return null;
  let holds = 0;
  let failing = operations;
  while (failing - holds > 1) {
    const middle = Math.floor((holds + failing) / 2);
    if (await fails(middle)) failing = middle;
    else holds = middle;
  }
  return failing;
}
