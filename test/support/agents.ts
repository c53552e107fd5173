import { onTestFinished } from "vitest";
import { agents } from "../../src/agents/index.ts";
import type { Agent } from "../../src/domain/agent.ts";

/** Registers an agent for one test, in the server under test too, and answers its id. Nothing of it ships. */
export function testAgent(fields: Omit<Agent, "id" | "name"> & { name?: string }): string {
  const id = `test-${crypto.randomUUID()}`;
  // The same module instance serves the Worker, its objects and the test.
  const registry = agents as Map<string, Agent>;
  registry.set(id, { id, name: "Test Agent", ...fields });
  onTestFinished(() => void registry.delete(id));
  return id;
}
