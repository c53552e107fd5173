/** An agent with tools of every kind, which write down that they ran. */
import { onTestFinished } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../src/domain/tool.ts";
import { testAgent } from "./agents.ts";
import { until } from "./model-connection.ts";
import type { Gate } from "./scripted-model.ts";

export interface PeopleAgent {
  agent: string;
  /** What ran, in order. */
  ran: string[];
}

/**
 * An agent for one test: `look` simply runs, `wipe` must be confirmed, `order` has its amount filled, `sign` is
 * executed elsewhere. With a gate, `wipe` stays there until it opens. Each tool that waits gets the other options.
 */
export function peopleAgent({
  gate,
  ...waits
}: { gate?: Gate } & Pick<Tool, "expiresAfterSeconds" | "onExpiry"> = {}): PeopleAgent {
  const ran: string[] = [];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const look = defineTool({
    name: "look",
    description: "Looks.",
    parameters: z.object({ at: z.string() }),
    execute: ({ at }) => {
      ran.push(`look ${at}`);
      return `seen ${at}`;
    },
  });
  const wipe = defineTool({
    name: "wipe",
    description: "Wipes.",
    parameters: z.object({ disk: z.int() }),
    requiresConfirmation: true,
    ...waits,
    execute: async ({ disk }, { signal }) => {
      ran.push(`wipe ${disk}`);
      if (gate !== undefined) {
        gate.arrivals += 1;
        await until(() => gate.released || isOver || signal.aborted, "the gate", Number.POSITIVE_INFINITY);
      }
      return `wiped ${disk}`;
    },
  });
  const order = defineTool({
    name: "order",
    description: "Orders.",
    parameters: z.strictObject({ item: z.string(), amount: z.int().min(1), express: z.boolean().optional() }),
    requiresUserInput: ["amount", "express"],
    ...waits,
    execute: ({ item, amount, express = false }) => {
      ran.push(`order ${amount} ${item}${express ? " express" : ""}`);
      return `ordered ${amount} ${item}`;
    },
  });
  const sign = defineTool({
    name: "sign",
    description: "Signs, on paper.",
    parameters: z.object({ paper: z.string().min(1) }),
    externalExecution: true,
    ...waits,
  });
  return { agent: testAgent({ instructions: "Work.", tools: [look, wipe, order, sign] }), ran };
}
