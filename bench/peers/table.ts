import { median } from "../rounds.ts";

/** What was measured of each peer, by its name. The first is the one that the others are compared to. */
export interface Table {
  title: string;
  note: string;
  peers: string[];
  rows: Row[];
}

export interface Row {
  name: string;
  /** Which of two numbers is the better one; null where neither is. */
  better: "less" | "more" | null;
  /** In the order of the peers: a number, a word where no number says it, or null where a peer has no such thing. */
  cells: (number | string | null)[];
}

/** The medians of what was taken as `<peer> <what>`. */
export function rowOf(
  samples: ReadonlyMap<string, number[]>,
  peers: readonly string[],
  { name, what, better }: { name: string; what: string; better: "less" | "more" },
): Row {
  const cells = peers.map((peer) => {
    const values = samples.get(`${peer} ${what}`);
    return values === undefined || values.some(Number.isNaN) ? null : median(values);
  });
  return { name, better, cells };
}

/** Numbers stand with their multiple of the first peer's. */
export function markdown({ title, note, peers, rows }: Table): string {
  const head = ["", ...peers.flatMap((peer, nth) => (nth === 0 ? [peer] : [peer, "×"]))];
  const lines = rows.map(({ name, cells }) => [
    name,
    ...cells.flatMap((cell, nth) => (nth === 0 ? [shown(cell)] : [shown(cell), shown(ratio(cell, cells[0]))])),
  ]);
  const rule = head.map((_, nth) => (nth === 0 ? "---" : "--:"));
  const table = [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [`### ${title}`, note, table].filter((part) => part !== "").join("\n\n");
}

/** Rows in which a peer is better than the first by a twentieth and more. */
export function lost(tables: readonly Table[], contenders: readonly string[]): string[] {
  return tables.flatMap(({ title, peers, rows }) =>
    rows.flatMap(({ name, better, cells }) =>
      peers.flatMap((peer, nth) => {
        const times = ratio(cells[nth], cells[0]);
        if (better === null || times === null || !contenders.includes(peer)) return [];
        const isBetter = better === "less" ? times < 0.95 : times > 1.05;
        return isBetter ? [`${title}, ${name}: **${peer}** ${shown(cells[nth] ?? null)}, × ${shown(times)}.`] : [];
      }),
    ),
  );
}

function ratio(cell: Row["cells"][number] | undefined, first: Row["cells"][number] | undefined): number | null {
  return typeof cell === "number" && typeof first === "number" && first > 0 ? cell / first : null;
}

function shown(cell: number | string | null): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  return cell >= 100 ? Math.round(cell).toLocaleString("en") : cell.toFixed(cell >= 10 ? 1 : 2);
}
