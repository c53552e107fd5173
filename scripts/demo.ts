import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Narrator, StoryError } from "./demo/narrator.ts";
import { SETTINGS, tellStory } from "./demo/story.ts";
import { stopGroupsAtEnd } from "./server/process-group.ts";
import { type Server, startServer } from "./server/server-process.ts";
import { StartError } from "./server/wrangler.ts";

const OUTPUT_SHOWN_CHARS = 4_000;

/** `npm run demo`: tells the story of the product on a server of its own. Answers the exit code. */
async function demo(isEnding: () => boolean): Promise<number> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "edge-sessions-demo-"));
  process.on("exit", () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 }));
  const narrator = new Narrator();
  const startedAt = performance.now();
  let server: Server | undefined;
  try {
    await tellStory(narrator, async () => {
      server = await startServer(stateDir, SETTINGS);
      return server;
    });
    await server?.stop();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(
      `\nAll ${narrator.checks} checks hold, in ${seconds} seconds. The server and its state are gone again.`,
    );
    return 0;
  } catch (error) {
    if (isEnding()) return 1;
    const isExpected = error instanceof StoryError || error instanceof StartError;
    console.error("\n\nThe demo failed.", isExpected ? error.message : error);
    if (!(error instanceof StartError)) {
      console.error(`\nThe server's last words:\n${server?.output().slice(-OUTPUT_SHOWN_CHARS) ?? "none"}`);
    }
    await server?.stop();
    return 1;
  }
}

process.exitCode = await demo(stopGroupsAtEnd());
