import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import type { UiMessage } from "../../../src/wire/ui/message.ts";
import { runMessages } from "../../../src/wire/ui/messages.ts";
import { type ChatClient, GENERATIONS, type Generation } from "../../support/ui/clients.ts";
import { told, uiReader } from "../../support/ui/streams.ts";
import { type Act, TALES } from "../../support/ui/tales.ts";
import type { Teller } from "../../support/ui/teller.ts";

// AI SDK UI's own clients read what is written for them: without an error or a warning, and to the same messages that history has.

const warnings = { warn: vi.spyOn(console, "warn"), error: vi.spyOn(console, "error") };
beforeEach(() => {
  vi.clearAllMocks();
});
afterEach(() => {
  expect([warnings.warn.mock.calls, warnings.error.mock.calls]).toEqual([[], []]);
});

const historyOf = ({ run, row }: Teller): UiMessage[] => runMessages(run, row, WHOLE_VIEW);

/** The client's list, with the id that history gives to what the user said. */
function listOf(chat: ChatClient, { run }: Teller): UiMessage[] {
  const [user, ...others] = chat.messages;
  return user === undefined ? [] : [{ ...user, id: `${run.head.runId}:user` }, ...others];
}

/** Which calls people are asked about, and have not answered. */
const openCalls = (message: UiMessage | undefined): string[] =>
  (message?.parts ?? []).flatMap((part) =>
    "toolCallId" in part && /-(?:available|requested)$/.test(part.state) && part.output === undefined
      ? [part.toolCallId]
      : [],
  );

/** Does all that the person does; a chat that answers by itself sends once nothing is open, and not before. */
async function actAll(chat: ChatClient, acts: readonly Act[]): Promise<void> {
  const asked = new Set(openCalls(chat.messages.at(-1)));
  const isApproval = acts.some(({ act }) => act !== "output");
  for (const act of acts) {
    expect([act, chat.isComplete.approvals]).toEqual([act, false]);
    await chat.act(act);
    asked.delete(act.id);
  }
  const waiting = [...asked].filter((id) => acts.every((act) => act.id !== id));
  const isAll = waiting.every(
    (id) => !chat.messages.at(-1)?.parts.some((part) => "approval" in part && part.toolCallId === id),
  );
  expect(chat.isComplete.approvals).toBe(isApproval && isAll);
}

describe.each<Generation>([7, 6])("a chat of AI SDK %i", (generation) => {
  const { chat: chatOf, validate } = GENERATIONS[generation];

  it.each(TALES)("makes of $name what history has, wherever the run stops", async ({ tale, type }) => {
    let fromEntry = 0;
    const { teller, stops } = told({ tale, type }, () => {});
    const chat = chatOf([], () => uiReader(teller.run, fromEntry).close());
    for (let stop = stops.next(); ; stop = stops.next()) {
      await (fromEntry === 0 ? chat.send("hi") : chat.goOn());
      const { end } = teller.run;
      const failed = end?.status === "ERROR" ? end.error.message : undefined;
      expect([chat.status, chat.error?.message]).toEqual([failed === undefined ? "ready" : "error", failed]);
      expect(listOf(chat, teller)).toEqual(historyOf(teller));
      await validate(historyOf(teller));
      if (stop.done) break;
      await actAll(chat, stop.value);
      fromEntry = teller.run.log.length;
    }
    // A chat that answers by itself would send for ever.
    expect(chat.isComplete).toEqual({ approvals: false, outputs: false });
  });
});
