import { describe, expect, it } from "vitest";
import { askFor } from "../../../support/openai-model.ts";
import { chunk, cutOff, scriptModel } from "../../../support/scripted-model.ts";

const provider = scriptModel();

type Piece = [index: number | null, id: string | null, name: string | null, written: string | null];
type Call = [id: string, name: string, written: string];

const toPiece = ([index, id, name, written]: Piece) => ({
  ...(index !== null && { index }),
  ...(id !== null && { id, type: "function" }),
  function: { ...(name !== null && { name }), ...(written !== null && { arguments: written }) },
});

/** What becomes of pieces, each of which is an event of its own. */
async function callsOf(pieces: Piece[]): Promise<Call[]> {
  const events = pieces.map((piece) => chunk({ choices: [{ delta: { tool_calls: [toPiece(piece)] } }] }));
  provider.next([...events, chunk({ choices: [{ delta: {}, finish_reason: "tool_calls" }] }), cutOff()]);
  return (await askFor()).calls.map(({ id, name, arguments: written }) => [id, name, written]);
}

describe("the pieces of parallel calls", () => {
  it.each<[string, Piece[], Call[]]>([
    [
      "OpenAI's, one behind the other",
      [
        [0, "a", "add", ""],
        [0, null, null, '{"a"'],
        [0, null, null, ":1}"],
        [1, "b", "now", ""],
        [1, null, null, "{}"],
      ],
      [
        ["a", "add", '{"a":1}'],
        ["b", "now", "{}"],
      ],
    ],
    [
      "OpenAI's, mixed",
      [
        [0, "a", "add", ""],
        [1, "b", "now", ""],
        [1, null, null, "{"],
        [0, null, null, '{"a":1'],
        [1, null, null, "}"],
        [0, null, null, "}"],
      ],
      [
        ["a", "add", '{"a":1}'],
        ["b", "now", "{}"],
      ],
    ],
    [
      "one index for all and no ids",
      [
        [0, null, "add", '{"a":1}'],
        [0, null, "add", '{"a":2}'],
        [0, null, "now", "{}"],
      ],
      [
        ["call_1_0", "add", '{"a":1}'],
        ["call_1_1", "add", '{"a":2}'],
        ["call_1_2", "now", "{}"],
      ],
    ],
    [
      "one index for all and no ids, in fragments",
      [
        [0, null, "add", ""],
        [0, null, null, '{"a":'],
        [0, null, null, "1}"],
        [0, null, "add", '{"a":'],
        [0, null, null, "2}"],
      ],
      [
        ["call_1_0", "add", '{"a":1}'],
        ["call_1_1", "add", '{"a":2}'],
      ],
    ],
    [
      "one index for all and no ids, of tools without arguments",
      [
        [0, null, "now", ""],
        [0, null, "then", ""],
      ],
      [
        ["call_1_0", "now", ""],
        ["call_1_1", "then", ""],
      ],
    ],
    [
      "one id for two calls",
      [
        [0, "same", "add", '{"a":1}'],
        [1, "same", "add", '{"a":2}'],
      ],
      [
        ["same", "add", '{"a":1}'],
        ["call_1_1", "add", '{"a":2}'],
      ],
    ],
    [
      "one id for two calls, in fragments",
      [
        [0, "same", "add", ""],
        [0, null, null, '{"a":1}'],
        [1, "same", "add", ""],
        [1, null, null, '{"a":2}'],
      ],
      [
        ["same", "add", '{"a":1}'],
        ["call_1_1", "add", '{"a":2}'],
      ],
    ],
    [
      "one id for two calls, and no index",
      [
        [null, "same", "add", '{"a":1}'],
        [null, "same", "add", '{"a":2}'],
      ],
      [
        ["same", "add", '{"a":1}'],
        ["call_1_1", "add", '{"a":2}'],
      ],
    ],
    [
      "one index, and ids of their own",
      [
        [0, "a", "add", "{}"],
        [0, "b", "add", ""],
        [0, "b", null, "{}"],
      ],
      [
        ["a", "add", "{}"],
        ["b", "add", "{}"],
      ],
    ],
    [
      "no index and no id, whole",
      [
        [null, null, "add", "{}"],
        [null, null, "add", "{}"],
      ],
      [
        ["call_1_0", "add", "{}"],
        ["call_1_1", "add", "{}"],
      ],
    ],
    [
      "no index and no id, in fragments that repeat the name",
      [
        [null, null, "add", '{"a":'],
        [null, null, "add", "1}"],
      ],
      [["call_1_0", "add", '{"a":1}']],
    ],
    [
      "an id and a name that are repeated with each fragment",
      [
        [0, "a", "add", ""],
        [0, "a", "add", '{"a":'],
        [0, "a", "add", "1}"],
      ],
      [["a", "add", '{"a":1}']],
    ],
    [
      "an index that counts pieces",
      [
        [0, "a", "add", ""],
        [1, "a", null, '{"a":'],
        [2, "a", null, "1}"],
      ],
      [["a", "add", '{"a":1}']],
    ],
    [
      "a call that is said once more at the end",
      [
        [0, "a", "add", '{"a":1}'],
        [0, "a", "add", '{"a":1}'],
      ],
      [["a", "add", '{"a":1}']],
    ],
    [
      "a name that comes late",
      [
        [0, "a", null, ""],
        [0, null, "add", "{}"],
      ],
      [["a", "add", "{}"]],
    ],
  ])("are put together: %s", async (_how, pieces, calls) => {
    expect(await callsOf(pieces)).toEqual(calls);
  });

  it("may come in one event", async () => {
    const both = [toPiece([0, "a", "add", "{}"]), toPiece([0, "b", "now", "{}"])];
    provider.next([chunk({ choices: [{ delta: { tool_calls: both }, finish_reason: "stop" }] }), cutOff()]);
    expect((await askFor()).calls.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("are left out where they are none", async () => {
    const pieces = [null, 7, "add", [], toPiece([0, "a", "add", "{}"])];
    provider.next([chunk({ choices: [{ delta: { tool_calls: pieces }, finish_reason: "stop" }] }), cutOff()]);
    expect((await askFor()).calls.map(({ id }) => id)).toEqual(["a"]);
  });
});
