import { describe, expect, it } from "vitest";
import { z } from "zod";
import { register } from "../../../src/agents/registry/register.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { MAX_COMPONENT_NAME_BYTES, MAX_INSTRUCTIONS_BYTES } from "../../../src/domain/limits.ts";
import { type Component, type Team, teamDepth } from "../../../src/domain/team.ts";
import type { Tool } from "../../../src/domain/tool.ts";

const ada: Agent = { id: "ada", name: "Ada" };
const team = (fields: Partial<Team> = {}): Team => {
  return { id: "desk", name: "Desk", mode: "coordinate", members: ["ada"], ...fields };
};
const named = (id: string, ...members: string[]) => team({ id, name: id.toUpperCase(), members });
const tool = (fields: Partial<Tool> = {}): Tool => {
  return { name: "send", description: "d", parameters: z.object({ to: z.string() }), execute: () => 1, ...fields };
};
const having = (...tools: Tool[]): Component[] => [{ ...ada, tools }];
/** Passes a value that the types forbid. A deployer may write JavaScript, so the registry has to refuse it when it runs. */
const untyped = <T>(value: unknown) => value as T;

function refusal(components: Component[]): string {
  try {
    register(components);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "accepted";
}

const noExecute = untyped<Tool>({ ...tool(), execute: undefined });

describe("the registry", () => {
  it("keeps agents and teams apart, each in the order of the list", () => {
    const bob = { ...ada, id: "bob" };
    const { agents, teams } = register([named("all", "desk", "bob"), bob, team(), ada]);
    expect([[...agents.keys()], [...teams.keys()]]).toEqual([
      ["bob", "ada"],
      ["all", "desk"],
    ]);
  });

  it.each<[string, Component[], string]>([
    ["an empty id", [{ ...ada, id: "" }], "Agent 'Ada' has an invalid id (empty): ''."],
    ["an id of dots", [ada, team({ id: ".." })], "Team 'Desk' has an invalid id (dots): '..'."],
    [
      "an id with a line break",
      [{ ...ada, id: "a\nb" }],
      "Agent 'Ada' has an invalid id (control characters): 'a\nb'.",
    ],
    [
      "two agents with one id",
      [ada, { id: "ada", name: "Bob" }],
      "Agents 'Ada' and 'Bob' have the same id 'ada'. Give one another.",
    ],
    [
      "two teams with one id",
      [ada, team(), team({ name: "Other" })],
      "Teams 'Desk' and 'Other' have the same id 'desk'. Give one another.",
    ],
    [
      "an agent and a team with one id",
      [ada, team({ id: "ada" })],
      "Agent 'Ada' and team 'Desk' have the same id 'ada'. Give one another.",
    ],
  ])("refuses %s", (_what, components, message) => {
    expect(refusal(components)).toBe(message);
  });

  it.each<[string, Component[], string]>([
    [
      "an unknown member",
      [ada, team({ name: "Support", members: ["ada", "x"] })],
      "Team 'Support' names the member 'x', which is no agent or team of this deployment.",
    ],
    [
      "an unknown mode",
      [ada, team({ mode: untyped("tasks") })],
      "Team 'Desk' has the unknown mode 'tasks'. The modes are coordinate, route, broadcast.",
    ],
    ["no member", [ada, team({ members: [] })], "Team 'Desk' has no members. Name at least one."],
    [
      "a member that is named twice",
      [ada, { ...ada, id: "bob" }, team({ members: ["ada", "bob", "ada"] })],
      "Team 'Desk' names the member 'ada' twice.",
    ],
    ["itself in it", [ada, named("a", "ada", "a")], "Team 'A' contains itself: a > a."],
    [
      "itself in it through others",
      [ada, named("a", "ada", "b"), named("b", "ada", "c"), named("c", "a")],
      "Team 'A' contains itself: a > b > c > a.",
    ],
    [
      "a team below it that contains itself",
      [ada, named("top", "a"), named("a", "b"), named("b", "a")],
      "Team 'A' contains itself: a > b > a.",
    ],
  ])("refuses a team with %s", (_what, components, message) => {
    expect(refusal(components)).toBe(message);
  });

  it.each<[string, Component[], string]>([
    [
      "waits in two ways",
      having(tool({ requiresConfirmation: true, requiresUserInput: ["to"] })),
      "Tool 'send' of agent 'Ada' says requiresConfirmation and requiresUserInput. Keep one of them.",
    ],
    [
      "waits in two other ways",
      having(tool({ externalExecution: true, requiresUserInput: ["to"] })),
      "Tool 'send' of agent 'Ada' says requiresUserInput and externalExecution. Keep one of them.",
    ],
    [
      "cannot be executed",
      having(noExecute),
      "Tool 'send' of agent 'Ada' has no `execute`. Write it, or say externalExecution.",
    ],
    [
      "cannot be executed once confirmed",
      having({ ...noExecute, requiresConfirmation: true }),
      "Tool 'send' of agent 'Ada' has no `execute`. Write it, or say externalExecution.",
    ],
    [
      "lets a person fill what it does not take",
      having(tool({ requiresUserInput: ["to", "cc"] })),
      "Tool 'send' of agent 'Ada' lets a person fill 'cc', which is none of its parameters.",
    ],
    [
      "lets a person fill what every object has",
      having(tool({ requiresUserInput: ["constructor"] })),
      "Tool 'send' of agent 'Ada' lets a person fill 'constructor', which is none of its parameters.",
    ],
    [
      "lets a person fill nothing",
      having(tool({ requiresUserInput: [] })),
      "Tool 'send' of agent 'Ada' says requiresUserInput without a parameter. Name at least one.",
    ],
    [
      "has another's name",
      having(tool(), tool({ name: "other" }), tool()),
      "Tool 'send' of agent 'Ada' has the name of another of its tools. Give one another.",
    ],
    [
      "expires at once",
      having(tool({ requiresConfirmation: true, expiresAfterSeconds: 0 })),
      "Tool 'send' of agent 'Ada' has expiresAfterSeconds 0. It must be a positive number; leave it out to wait for ever.",
    ],
    [
      "expires before it was asked",
      having(tool({ expiresAfterSeconds: -1 })),
      "Tool 'send' of agent 'Ada' has expiresAfterSeconds -1. It must be a positive number; leave it out to wait for ever.",
    ],
    [
      "expires never, and says so as a number",
      having(tool({ expiresAfterSeconds: Number.POSITIVE_INFINITY })),
      "Tool 'send' of agent 'Ada' has expiresAfterSeconds Infinity. It must be a positive number; leave it out to wait for ever.",
    ],
    [
      "expires in words",
      having(tool({ expiresAfterSeconds: untyped("60") })),
      "Tool 'send' of agent 'Ada' has expiresAfterSeconds 60. It must be a positive number; leave it out to wait for ever.",
    ],
    [
      "expires in an unknown way",
      having(tool({ onExpiry: untyped("retry") })),
      "Tool 'send' of agent 'Ada' has the unknown onExpiry 'retry'. It must be reject or cancel.",
    ],
    [
      "is staff's to approve and waits for nobody",
      having(tool({ approvalType: "required" })),
      "Tool 'send' of agent 'Ada' says approvalType and waits for nobody. Say requiresConfirmation too.",
    ],
    [
      "is somebody else's to approve",
      having(tool({ requiresConfirmation: true, approvalType: untyped("audit") })),
      "Tool 'send' of agent 'Ada' has the unknown approvalType 'audit'. It must be required.",
    ],
    [
      "is called as a team's own",
      [ada, team({ tools: [tool({ name: "delegate_task_to_member" })] })],
      "Tool 'delegate_task_to_member' of team 'Desk' has the name of a tool that every team is given. Give it another.",
    ],
    [
      "is called as a team's own for all",
      [ada, team({ tools: [tool({ name: "delegate_task_to_members" })] })],
      "Tool 'delegate_task_to_members' of team 'Desk' has the name of a tool that every team is given. Give it another.",
    ],
  ])("refuses a tool that %s", (_what, components, message) => {
    expect(refusal(components)).toBe(message);
  });

  it.each<[string, Component[]]>([
    ["tools of each kind", having(tool(), tool({ name: "ask", requiresConfirmation: true, onExpiry: "cancel" }))],
    ["a tool that runs elsewhere, without execute", having({ ...noExecute, externalExecution: true })],
    ["a person's fields", having(tool({ requiresUserInput: ["to"], expiresAfterSeconds: 0.5, onExpiry: "reject" }))],
    ["a word that is switched off", having(tool({ requiresConfirmation: false, requiresUserInput: ["to"] }))],
    ["one member in two teams", [ada, named("a", "b", "c"), named("b", "d"), named("c", "d"), named("d", "ada")]],
    ["a team that stands before its members", [team(), ada]],
    ["an agent's tool that has the name of a team's", having(tool({ name: "delegate_task_to_member" }))],
  ])("accepts %s", (_what, components) => {
    expect(refusal(components)).toBe("accepted");
  });
});

describe("the depth of a team", () => {
  const components = [ada, named("one", "ada"), named("two", "ada", "one"), named("three", "one", "two", "ada")];
  const registry = register(components);

  it.each([
    ["one", 1],
    ["two", 2],
    ["three", 3],
  ])("counts the longest way down: %s", (id, depth) => {
    expect(teamDepth(registry, registry.teams.get(id) ?? team())).toBe(depth);
  });

  it("is endless for a team that contains itself", () => {
    const circle = named("circle", "circle");
    expect(teamDepth({ agents: new Map(), teams: new Map([["circle", circle]]) }, circle)).toBe(Infinity);
  });

  it.each<[string, Agent["summaries"], string]>([
    [
      "a negative number of runs",
      { every: -1 },
      "Agent 'Ada' has summaries.every -1. It must be a whole number of runs; 0 is never.",
    ],
    [
      "half a run",
      { every: 0.5 },
      "Agent 'Ada' has summaries.every 0.5. It must be a whole number of runs; 0 is never.",
    ],
    [
      "a run that waits for none",
      { runWaits: true },
      "Agent 'Ada' has summaries.runWaits without summaries.every. Say after how many runs a summary is made.",
    ],
    ["no model's name", { model: "" }, "Agent 'Ada' has summaries.model ''. Name one, or leave it out."],
    ["a summary after each run, waited for", { every: 1, runWaits: true, addToContext: true }, "accepted"],
    ["a summary on request only, shown to the model", { addToContext: true }, "accepted"],
  ])("takes or refuses summaries of %s", (_what, summaries, message) => {
    expect(refusal([{ ...ada, ...(summaries !== undefined && { summaries }) }])).toBe(message);
  });

  it.each<[string, Partial<Agent>, string]>([
    [
      "instructions",
      { instructions: "é".repeat(140_000) },
      "Agent 'Ada' has 280000 bytes of description and instructions",
    ],
    [
      "a model's name",
      { model: "m".repeat(MAX_COMPONENT_NAME_BYTES + 1) },
      "Agent 'Ada' has model of 1001 bytes. At most 1000 are taken.",
    ],
    ["instructions that fit", { instructions: "x".repeat(MAX_INSTRUCTIONS_BYTES) }, "accepted"],
  ])("refuses what is too long to be stored with each run: %s", (_what, fields, message) => {
    expect(refusal([{ ...ada, ...fields }])).toContain(message);
  });

  it("counts what a team's leader is told of its members, and refuses parameters too long to be shown", () => {
    const told = { ...ada, role: "r".repeat(200_000) };
    const other = { ...told, id: "other", name: "Other" };
    expect(refusal([told, other, team({ members: [ada.id, "other"] })])).toContain(
      "bytes of description and instructions",
    );
    const long = z.object({ text: z.string().describe("d".repeat(70_000)) });
    const ask = tool({ parameters: long, requiresUserInput: ["text"] });
    expect(refusal(having(ask))).toContain("bytes of parameters that a person is shown");
  });
});
