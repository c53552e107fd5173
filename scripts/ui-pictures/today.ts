import type { Component, EdgeSessions } from "../../packages/client/src/index.ts";
import type { Turn } from "./scripted-model.ts";

// What is said today, by a model that is scripted: a team with its member, a tool, a thought, and calls that wait for people.

const FLICKER = "The lamp in our hall flickers since the new dimmer was put in. Can it be fixed before Friday?";
const SUM = "What do 14 lamps at 23.50 and the dimmer at 41 come to?";
const CLEAN = "Record 4711 is a duplicate. Delete it, and tell the customer.";
const LOGS = "Why did the import of last night stop?";

const ANSWER = `Most likely the dimmer and the lamp do not fit together. In this order:

1. Read the **minimum load** on the dimmer: LED lamps often stay below it.
2. Turn the small screw on its side until the flicker stops.
3. If it does not stop, take the \`D-40\` dimmer, which is made for LEDs.

| | dimmer now | D-40 |
| --- | --- | --- |
| minimum load | 20 W | 3 W |
| your lamp | 7 W | 7 W |

A *technician* is free on Thursday between 9 and 11; shall I book the visit?`;

const DELEGATED = "Sort this request: a flickering lamp behind a new dimmer, wanted before Friday.";

/** What the model says next, by what was said last. */
export function nextTurn(messages: { role: string; content: string | null }[]): Turn {
  const last = messages.at(-1);
  const said = last?.content ?? "";
  if (said === FLICKER && last?.role === "user") {
    const delegate = { name: "delegate_task_to_member", arguments: { member_id: "triage", task: DELEGATED } };
    return {
      thought: "A flicker behind a new dimmer: that is to be sorted first, and there is a day by which it is wanted.",
      calls: [delegate],
    };
  }
  if (said.includes("Sort this request")) {
    return {
      text: "**Problem:** an LED lamp below the dimmer's minimum load. **Urgency:** normal, wanted before Friday. **Missing:** the type of the dimmer.",
    };
  }
  if (said === SUM) return { calls: [{ name: "add", arguments: { a: 329, b: 41 } }] };
  if (said === CLEAN) {
    return {
      text: "I have found the record and the customer. Both steps need you:",
      calls: [
        { name: "delete_record", arguments: { id: "4711" } },
        { name: "send_email", arguments: { subject: "Your duplicate entry is gone" } },
      ],
    };
  }
  if (said === LOGS)
    return {
      calls: [{ name: "run_shell", arguments: { command: "journalctl -u import --since yesterday | tail -20" } }],
    };
  if (last?.role === "tool" && /^\d+$/.test(said))
    return { text: `Together **${said}**: 14 × 23.50 is 329, and the dimmer is 41.` };
  return { text: ANSWER };
}

/** Has it all said, in this order: what comes last stands first in the list. */
export async function sayToday(staff: EdgeSessions): Promise<void> {
  const operator = staff.agent("operator");
  const say = (component: Component, message: string, sessionId: string, userId: string) =>
    component.run({ message, sessionId, userId }).result();
  await say(operator, SUM, "sum", "priya");
  await staff.sessions.rename("sum", { name: "Lamps and a dimmer, in all" });
  await say(operator, LOGS, "logs", "tom");
  await staff.sessions.rename("logs", { name: "The import that stopped" });
  await say(operator, CLEAN, "clean", "ines");
  await staff.sessions.rename("clean", { name: "Delete the duplicate, and tell the customer" });
  await say(staff.team("support"), FLICKER, "lamp", "ada");
  await staff.sessions.rename("lamp", { name: "The lamp in the hall, before Friday" });
  await staff.sessions.patch("lamp", {
    tags: ["electrics"],
    session_state: { customer: { plan: "studio", since: 2023 }, visit: null },
  });
}
