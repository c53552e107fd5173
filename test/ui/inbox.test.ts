import { after, before, describe, test } from "node:test";
import { stopGroupsAtEnd } from "../../scripts/server/process-group.ts";
import { missingBrowser } from "../browser/support/browser-page.ts";
import { accessTests } from "./access.ts";
import { actionsTests } from "./actions.ts";
import { approvalsTests } from "./approvals.ts";
import { beginTests } from "./begin.ts";
import { callsTests } from "./calls.ts";
import { conversationTests } from "./conversation.ts";
import { detailsTests } from "./details.ts";
import { keysTests } from "./keys.ts";
import { listTests } from "./list.ts";
import { killedTests, liveTests } from "./live.ts";
import { looksTests } from "./looks.ts";
import { markdownTests } from "./markdown.ts";
import { pageTests } from "./page.ts";
import { searchTests } from "./search.ts";
import { Stage } from "./support/stage.ts";
import { workTests } from "./work.ts";

// The inbox in a real browser, by Node's own runner. One file, because a server and a browser are started once. The number in a
// title is that of the sentence in docs/inbox.md which it holds the page to. One subject alone: npm run test:ui -- --test-name-pattern=approvals
stopGroupsAtEnd();
const stage = new Stage();
const missing = missingBrowser();

// In CI a browser that is missing is a failure.
if (missing !== null && !process.env.CI) test("the inbox", { skip: missing }, () => {});
else {
  before(() => stage.start(), { timeout: 300_000 });
  after(() => stage.stop(), { timeout: 60_000 });

  // Each subject has users of its own, so they run side by side, the long ones first. One process fills two cores with three.
  describe("side by side", { concurrency: 3 }, () => {
    // Those that hold the model in the middle of an answer go one after the other.
    subject("held", () => {
      subject("conversation", () => conversationTests(stage));
      subject("live", () => liveTests(stage));
      subject("markdown", () => markdownTests(stage));
      subject("calls", () => callsTests(stage));
    });
    subject("looks", () => looksTests(stage));
    subject("page", () => pageTests(stage));
    subject("actions", () => actionsTests(stage));
    subject("list", () => listTests(stage));
    subject("approvals", () => approvalsTests(stage));
    subject("work", () => workTests(stage));
    subject("access", () => accessTests(stage));
    subject("details", () => detailsTests(stage));
    subject("keys", () => keysTests(stage));
    subject("begin", () => beginTests(stage));
    subject("search", () => searchTests(stage));
  });
  subject("killed", () => killedTests(stage));
}

/** Tests that run one after the other. */
function subject(name: string, tests: () => void): void {
  describe(name, { concurrency: 1 }, tests);
}
