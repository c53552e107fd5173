import type { Peer } from "./peer.ts";
import { lost, markdown, type Table } from "./table.ts";

/** All that one measurement of the peers found. */
export interface PeerReport {
  command: string;
  date: string;
  minutes: number;
  machine: Record<string, string | number>;
  peers: Peer[];
  tables: Table[];
}

/** The page `bench/PEERS.md`. */
export function report({ command, date, minutes, machine, peers, tables }: PeerReport): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const rivals = peers.filter(({ name }) => !name.startsWith("product") && name !== "bare relay");
  const wins = lost(
    tables,
    rivals.map(({ name }) => name),
  );
  return `# Beside its peers

Written by \`npm run bench:peers\`. One machine, loopback, one client, one model server; all take turns in an order that rotates.
**Compare the multiples (×), not machines**: each is of the product's number in the same row.

\`${command}\`, ${date}, ${minutes.toFixed(1)} minutes; ${facts.join(", ")}.

## Who is measured

${peers.map(({ name, about }) => `- **${name}**: ${about}.`).join("\n")}

## What is not alike

${[...new Set(peers.map(({ unlike }) => unlike))].map((unlike) => `- ${unlike}`).join("\n")}
- Long sessions and lists are made inside each one's SQLite: the product's as \`seed.ts\` says, a peer's as copies of the rows that
  it wrote itself for one run.
- AgentOS and Mastra are one process beside one file. So is the product here; deployed, D1 and objects are machines apart, and
  distance is not in these numbers.

## Where peers win

${wins.length === 0 ? "Nowhere, by a twentieth or more, in this measurement." : wins.map((win) => `- ${win}`).join("\n")}

## Numbers

Medians, unless a table says otherwise.

${tables.map(markdown).join("\n\n")}
`;
}
