/**
 * Finds by halving how few operations from the beginning still fail. Null if all of them together do not fail again.
 * Timing is not planned, so this is a good try and no proof: a failing beginning may pass once, or a shorter one may stay
 * untried.
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
