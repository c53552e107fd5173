/** What a long command shows. Pure but for `shower`. */

const BAR_CHARS = 30;

/** `[#########---------------------]  31%  1.2 MB of 4.0 MB · 310 imported`; without a bar where nobody knows the whole. */
export function progressLine(done: number, whole: number | null, said: string): string {
  if (whole === null) return said;
  const part = whole === 0 ? 1 : Math.min(1, done / whole);
  const filled = Math.floor(part * BAR_CHARS);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}]`;
  return `${bar} ${`${Math.floor(part * 100)}%`.padStart(4)}  ${said}`;
}

export const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** `310 imported, 2 failed`: what there is of it. */
export function counted(counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? "nothing yet" : parts.map(([word, count]) => `${count} ${word}`).join(", ");
}

/** How often a line is shown where lines cannot change. */
const PLAIN_MS = 5_000;

/** Shows a line that changes on a terminal; elsewhere now and then a line of its own. On the standard error. */
export function shower(): { show(line: string): void; end(): void } {
  const { stderr } = process;
  let last = "";
  let shown = "";
  let at = 0;
  return {
    show(line) {
      last = line;
      if (stderr.isTTY) {
        stderr.write(`\r${line.slice(0, Math.max(0, stderr.columns - 1))}\u001b[K`);
      } else if (Date.now() - at >= PLAIN_MS && line !== shown) {
        stderr.write(`${line}\n`);
        shown = line;
        at = Date.now();
      }
    },
    end() {
      if (stderr.isTTY ? last !== "" : last !== shown) stderr.write(stderr.isTTY ? "\n" : `${last}\n`);
      shown = last;
    },
  };
}
