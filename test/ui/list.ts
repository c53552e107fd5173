import { inboxTest } from "./support/inbox-page.ts";
import type { Stage } from "./support/stage.ts";

export function listTests(stage: Stage): void {
  inboxTest(
    stage,
    "2 a row shows what its session is called and what was said last",
    { before: ({ api }) => api.agent("assistant").run({ message: "Hello", sessionId: crypto.randomUUID() }).result() },
    async ({ page }) => {
      await page.getByRole("link", { name: /Hello/ }).getByText("You said: Hello").waitFor();
    },
  );
}
