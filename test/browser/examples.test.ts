import { after, before, describe } from "node:test";
import { stopGroupsAtEnd } from "../../scripts/server/process-group.ts";
import { assistantUiTests } from "./assistant-ui.ts";
import { clientTests } from "./client.ts";
import { Stage } from "./support/stage.ts";
import { chatTests } from "./use-chat.ts";

// Node's own runner: a browser and three servers are no project of Vitest's, whose workers, setup and `npm test` know
// nothing of them. One file, because they are started once.
stopGroupsAtEnd();
const stage = new Stage();

before(() => stage.start(), { timeout: 300_000 });
after(() => stage.stop(), { timeout: 60_000 });

describe("examples/react, useChat", () => chatTests(stage));
describe("examples/react, assistant-ui", () => assistantUiTests(stage));
describe("examples/client", () => clientTests(stage));
