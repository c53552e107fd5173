import { expect, it } from "vitest";
import { sha256Hex } from "../../../src/lib/digest.ts";
import { messageRow } from "../../../src/store/messages/message-rows.ts";
import { withSharedTexts } from "../../../src/store/messages/system-texts.ts";

const hexOf = (id: string | undefined) => Buffer.from(id ?? "", "base64url").toString("hex");

it("names a text by the first half of the platform's SHA-256, at every length around a block and in any script", async () => {
  const texts = [
    ...Array.from({ length: 200 }, (_, length) => "x".repeat(length + 1)),
    "Grüße, 世界 🌍",
    "\u0000\uffff".repeat(5_000),
  ];
  for (const content of texts) {
    const message = { messageId: "m", role: "system" as const, content, createdAt: 1 };
    const { texts } = withSharedTexts([messageRow("s", { runId: "r", runIndex: 0 }, 0, message)], "");
    expect(hexOf(texts[0]?.textId), content.slice(0, 80)).toBe((await sha256Hex(content)).slice(0, 32));
  }
});
