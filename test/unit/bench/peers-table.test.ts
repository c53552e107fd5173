import { describe, expect, it } from "vitest";
import { lost, markdown, type Table } from "../../../bench/peers/table.ts";

const table: Table = {
  title: "Runs",
  note: "",
  peers: ["product", "Peer", "relay"],
  rows: [
    { name: "runs a second", better: "more", cells: [10, 12, 200] },
    { name: "ms", better: "less", cells: [10, 9.8, 1] },
    { name: "names", better: "less", cells: [10, null, null] },
  ],
};

describe("the tables of the peers", () => {
  it("show each number with its multiple of the product's, and nothing where a peer has no such thing", () => {
    expect(markdown(table)).toContain("| runs a second | 10.0 | 12.0 | 1.20 | 200 | 20.0 |");
    expect(markdown(table)).toContain("| names | 10.0 |  |  |  |  |");
  });

  it("say where a peer is better by a twentieth, and only of those that are peers", () => {
    expect(lost([table], ["Peer"])).toEqual(["Runs, runs a second: **Peer** 12.0, × 1.20."]);
  });
});
