import { isObject, type Json } from "../../../domain/json.ts";
import { MAX_RUN_OUTPUT_BYTES } from "../../../domain/limits.ts";
import type { ModelChunk } from "../../../domain/model.ts";

interface OpenCall {
  id: string;
  /** The id that the server gave; it may give one id to two calls. */
  wireId: string;
  /** The server's index, if it gave one. */
  wireIndex: number | null;
  name: string;
  /**
   * The arguments so far. They show whether the call has ended. Once they are larger than a run's whole output may be, no
   * more is kept, so such a call never counts as whole.
   */
  written: string;
}

interface Piece {
  id: string;
  index: number | null;
  name: string;
  written: string;
}

/** The pieces of an answer's calls, put together. Servers number and name the pieces each in a way of its own. */
export class CallPieces {
  readonly #idPrefix: string;
  readonly #calls: OpenCall[] = [];

  /**
   * `idPrefix` starts the ids of calls that came without one. The prefix is unique in the conversation, so that no two calls
   * get the same id.
   */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  get areAny(): boolean {
    return this.#calls.length > 0;
  }

  /** Whether each call has a name, and arguments to their end. */
  get areWhole(): boolean {
    return this.#calls.every(({ name, written }) => name !== "" && isWhole(written));
  }

  read(said: Json): Extract<ModelChunk, { type: "tool_call" }> | null {
    if (!isObject(said)) return null;
    const piece = toPiece(said);
    const known = this.#joined(piece);
    const before = this.#calls[known];
    if (before !== undefined && isRepeated(before, piece)) return null;
    if (before === undefined || startsAnew(before, piece)) return this.#begin(piece);
    if (before.written.length <= MAX_RUN_OUTPUT_BYTES) before.written += piece.written;
    const isNamed = before.name === "" && piece.name !== "";
    if (isNamed) before.name = piece.name;
    return {
      type: "tool_call",
      index: known,
      ...(isNamed && { name: piece.name }),
      ...(piece.written !== "" && { arguments: piece.written }),
    };
  }

  idAt(index: number): string {
    return this.#calls[index]?.id ?? "";
  }

  #begin({ id, index: wireIndex, name, written }: Piece): Extract<ModelChunk, { type: "tool_call" }> {
    const index = this.#calls.length;
    const isTaken = id === "" || this.#calls.some((call) => call.id === id);
    const own = isTaken ? `${this.#idPrefix}_${index}` : id;
    this.#calls.push({ id: own, wireId: id, wireIndex, name, written });
    return {
      type: "tool_call",
      index,
      id: own,
      ...(name !== "" && { name }),
      ...(written !== "" && { arguments: written }),
    };
  }

  /**
   * The call that the piece belongs to, or -1. The index is looked at first and the id second. A piece with neither belongs
   * to the last call.
   */
  #joined({ id, index, name }: Piece): number {
    const sameIndex = index === null ? -1 : this.#calls.findLastIndex((call) => call.wireIndex === index);
    const sameId = id === "" ? -1 : this.#calls.findLastIndex((call) => call.wireId === id);
    // Some servers give every call the same index. Then the id says which call the piece belongs to.
    if (sameIndex !== -1) return sameId !== -1 && this.#calls[sameId]?.wireIndex === index ? sameId : sameIndex;
    // A server that counts pieces instead of calls repeats the id, but no name.
    if (sameId !== -1 && (index === null || name === "")) return sameId;
    return index === null && id === "" ? this.#calls.length - 1 : -1;
  }
}

function toPiece(said: { [key: string]: Json }): Piece {
  const fn = isObject(said.function) ? said.function : {};
  return {
    id: typeof said.id === "string" ? said.id : "",
    index: typeof said.index === "number" ? said.index : null,
    name: typeof fn.name === "string" ? fn.name : "",
    written:
      typeof fn.arguments === "string" ? fn.arguments : isObject(fn.arguments) ? JSON.stringify(fn.arguments) : "",
  };
}

/** Whether a piece is a call of its own, although its index or id is that of a call before it. */
function startsAnew(before: OpenCall, { id, name }: Piece): boolean {
  if (name === "" || before.name === "") return false;
  const hasOtherId = id !== "" && before.wireId !== "" && id !== before.wireId;
  return hasOtherId || name !== before.name || isWhole(before.written);
}

/** The same call once more, whole, under the same index and id: some servers end a stream so. */
function isRepeated(before: OpenCall, { id, index, name, written }: Piece): boolean {
  const isSame = id !== "" && id === before.wireId && index !== null && index === before.wireIndex;
  return isSame && name === before.name && written === before.written && isWhole(written);
}

function isWhole(written: string): boolean {
  // JSON that does not end in `}` is not whole. This check spares parsing it for each piece.
  if (!written.trimEnd().endsWith("}")) return false;
  try {
    return isObject(JSON.parse(written));
  } catch {
    return false;
  }
}
