import { describe, expect, it } from "vitest";
import { peopleAgent } from "../../support/people-tools.ts";
import { scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { about, answered, resumed, started, uiPlace } from "../../support/ui/object.ts";

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
