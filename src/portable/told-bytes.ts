import { utf8Bytes } from "../lib/text.ts";
import type { PortableMessage, PortableRequirement, PortableRun } from "./run-record.ts";

/** What every event says beside what is counted here. */
const EVENT_BYTES = 300;

/**
 * How much a run's events tell, as its lines come: they are made of its log, and repeat its names, calls, results and
 * requirements as often as that says. A session's list of runs holds them all.
 */
export class ToldBytes {
  readonly #inputMessages: number;
  readonly #calls = new Map<number, number>();
  readonly #open = new Map<number, number>();
  #results = 0;
  #nextCall = 0;
  #bytes = 0;

  constructor({ events, inputMessages, componentName, model, modelProvider }: PortableRun) {
    this.#inputMessages = inputMessages;
    const eventBytes = EVENT_BYTES + utf8Bytes(`${componentName}${model}${modelProvider}`);
    const told: Record<string, number> = {};
    for (const [letter, , ...rest] of events ?? []) {
      // Deltas are in no list of runs, and what they say is said once.
      if (letter === "D" || letter === "G" || letter === "M") continue;
      this.#bytes += eventBytes;
      if (letter === "P") {
        for (const position of new Set(rest)) add(this.#open, Number(position));
      } else if (letter === "T" || letter === "R" || letter === "W") {
        // Old logs do not number the calls.
        const call = typeof rest[0] === "number" ? rest[0] : (told[letter] ?? 0);
        told[letter] = call + 1;
        add(this.#calls, call);
      }
    }
    this.#results = Math.max(0, ...this.#calls.values());
  }

  get bytes(): number {
    return this.#bytes;
  }

  message({ messageIndex, role, toolCalls, content }: PortableMessage): void {
    if (messageIndex < this.#inputMessages) return;
    for (const call of toolCalls ?? []) {
      this.#bytes += (this.#calls.get(this.#nextCall) ?? 0) * sizeOf(call);
      this.#nextCall += 1;
    }
    if (role === "tool") this.#bytes += this.#results * utf8Bytes(content);
  }

  /** A pause shows each twice: as a tool and as a requirement. */
  requirement(requirement: PortableRequirement): void {
    this.#bytes += 2 * (this.#open.get(requirement.position) ?? 0) * sizeOf(requirement);
  }
}

const add = (times: Map<number, number>, key: number) => times.set(key, (times.get(key) ?? 0) + 1);

const sizeOf = (value: unknown): number => utf8Bytes(JSON.stringify(value));
