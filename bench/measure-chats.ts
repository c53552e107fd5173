import { timedChat } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave, type Sample } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

const AIM = "≤ 1.1 ×";

/** Times warm runs whose events are written as AI SDK UI's message stream, beside runs with AgentOS's events. */
export async function measureChats({ url, db }: Platform, effort: Effort): Promise<Section[]> {
  const warm = async (name: string) => new WarmSessions(url, await seedSessions(db, name, effort.sessions, 10));
  const [plain, chats] = [await warm("plain"), await warm("chat")];
  const take = (every: number) => [
    async () => sampleOf("plain", await plain.run(`every=${every}`)),
    async () => sampleOf("ui", await chats.run(`every=${every}`, "assistant", timedChat)),
  ];
  const fast = await interleave(take(0), { rounds: effort.fast, warmUp: effort.warmUp });
  const slow = await interleave(take(20), { rounds: effort.slow, warmUp: 1 });
  return [
    translated("A chat of AI SDK's over a run, model at 0 ms a delta", fast),
    translated("A chat of AI SDK's over a run, model at 20 ms a delta", slow),
  ];
}

const translated = (title: string, samples: Map<string, number[]>): Section =>
  section(title, ["first token", "whole run"], samples, [
    { name: "warm run, AgentOS's events", samples: ["plain first", "plain whole"] },
    { name: "the same as a UI message stream", samples: ["ui first", "ui whole"], aim: AIM },
  ]);

const sampleOf = (name: string, { firstMs, totalMs }: { firstMs: number; totalMs: number }): Sample => ({
  [`${name} first`]: firstMs,
  [`${name} whole`]: totalMs,
});
