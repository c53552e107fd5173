import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";
import { about, answered, chunksOf, opened, resumed, started, uiPlace } from "../../support/ui/object.ts";

const model = scriptModel();

const kinds = (chunks: { type: string }[]) => chunks.map(({ type }) => type);

describe("a run that is asked for as AI SDK UI's message stream", () => {
  it("has each answer of the model as a step with a text, and calls by the run's id and their number", async () => {
    const { agent } = peopleAgent();
    const place = uiPlace({ type: "agent", id: agent });
    model.next([text("Let me "), text("look."), toolCall("look", { at: "it" }, { id: "call_0" })], [text("Seen.")]);
    const { runId, sessionId } = place;
    const chunks = await started(place);
    expect(chunks).toMatchObject([
      { type: "start", messageId: runId, messageMetadata: { runId, sessionId, status: "RUNNING" } },
      { type: "start-step" },
      { type: "text-start", id: `${runId}:0` },
      { type: "text-delta", id: `${runId}:0`, delta: "Let me " },
      { type: "text-delta", id: `${runId}:0`, delta: "look." },
      { type: "text-end", id: `${runId}:0` },
      { type: "tool-input-available", toolCallId: `${runId}.0`, toolName: "look", input: { at: "it" } },
      { type: "tool-output-available", toolCallId: `${runId}.0`, output: "seen it" },
      { type: "finish-step" },
      { type: "start-step" },
      { type: "text-start", id: `${runId}:1` },
      { type: "text-delta", id: `${runId}:1`, delta: "Seen." },
      { type: "text-end", id: `${runId}:1` },
      { type: "finish-step" },
      { type: "finish", finishReason: "stop", messageMetadata: { status: "COMPLETED", metrics: {}, sessionState: {} } },
    ]);
    expect(await resumed(place)).toEqual(chunks);
  });

  it("asks to approve a call, and goes on in the same message with what the answer brought", async () => {
    const { agent, ran } = peopleAgent();
    const place = uiPlace({ type: "agent", id: agent });
    const id = `${place.runId}.0`;
    model.next([toolCall("wipe", { disk: 1 })], [text("Wiped.")]);
    const asked = await started(place);
    expect(kinds(asked).slice(2)).toEqual([
      "tool-input-available",
      "tool-approval-request",
      "data-requirement",
      "finish-step",
      "finish",
    ]);
    expect(asked.at(-1)).toEqual({ type: "finish", finishReason: "tool-calls", messageMetadata: { status: "PAUSED" } });
    expect(ran).toEqual([]);
    const rest = await answered(place, [about(id, { confirmed: true })]);
    expect(kinds(rest)).toEqual([
      "start",
      "message-metadata",
      "tool-output-available",
      "start-step",
      "text-start",
      "text-delta",
      "text-end",
      "finish-step",
      "finish",
    ]);
    expect(rest[2]).toEqual({ type: "tool-output-available", toolCallId: id, output: "wiped 1" });
    expect(ran).toEqual(["wipe 1"]);
    const whole = kinds(await resumed(place));
    expect(whole.filter((kind) => kind === "finish" || kind === "tool-approval-request")).toEqual(["finish"]);
  });
});

describe("a team's run that is asked for as AI SDK UI's message stream", () => {
  it("has a member's call that waits for a person, and its result before the leader goes on", async () => {
    const ran: string[] = [];
    const wipe = defineTool({
      name: "wipe",
      description: "Wipes.",
      parameters: z.object({}),
      requiresConfirmation: true,
      execute: () => {
        ran.push("wipe");
        return "wiped";
      },
    });
    const ada = member("ada", { tools: [wipe] });
    const place = uiPlace({ type: "team", id: leading([ada]) });
    say(model, { leader: [[delegate(ada, "wipe")], "All done."], ada: [[toolCall("wipe", {})], "Wiped."] });
    const asked = await started(place);
    const request = asked.find(({ type }) => type === "tool-approval-request");
    const requirement = asked.find(({ type }) => type === "data-requirement");
    expect(requirement.data).toMatchObject({ toolCallId: request.toolCallId, memberName: "Ada", kind: "confirmation" });
    expect(request.toolCallId).toBe(`${requirement.data.memberRunId}.0`);
    const rest = await answered(place, [about(request.toolCallId, { confirmed: true })]);
    const outputs = rest.filter(({ type }) => type === "tool-output-available").map(({ toolCallId }) => toolCallId);
    expect(outputs).toEqual([request.toolCallId, `${place.runId}.0`]);
    expect(rest.at(-1)).toMatchObject({ type: "finish", messageMetadata: { status: "COMPLETED" } });
    expect(ran).toEqual(["wipe"]);
    const members = (await resumed(place)).filter(({ type }) => type === "data-member");
    expect(members.at(-1)).toMatchObject({ data: { name: "Ada", status: "completed", text: "Wiped." } });
  });
});

describe("a stream in AI SDK UI's format", () => {
  it("is the whole run, also for a reader that comes while it goes on", async () => {
    const point = gate();
    const place = uiPlace({ type: "agent", id: peopleAgent().agent });
    model.next([text("Hel", "lo"), hold(point), text(" there")]);
    const first = await opened(place);
    await point.reached();
    const second = resumed(place);
    point.release();
    const chunks = await chunksOf(first);
    expect(await second).toEqual(chunks);
    expect(chunks.filter(({ type }) => type === "text-delta").map(({ delta }) => delta)).toEqual([
      "Hel",
      "lo",
      " there",
    ]);
  });

  it("asks again for what is still open where some was answered, and ends as paused", async () => {
    const { agent, ran } = peopleAgent();
    const place = uiPlace({ type: "agent", id: agent });
    model.next([toolCall("wipe", { disk: 1 }, { id: "a" }), toolCall("wipe", { disk: 2 }, { id: "b" })]);
    await started(place);
    const rest = await answered(place, [about(`${place.runId}.0`, { confirmed: true })]);
    expect(
      rest.map(({ type, toolCallId }) => (toolCallId === undefined ? type : `${type} ${toolCallId.slice(-1)}`)),
    ).toEqual(["start", "tool-input-available 1", "tool-approval-request 1", "data-requirement", "finish"]);
    expect(rest.at(-1)).toMatchObject({ finishReason: "tool-calls", messageMetadata: { status: "PAUSED" } });
    expect(ran).toEqual([]);
  });
});
