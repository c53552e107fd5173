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
import { liveTests } from "./live.ts";
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

  describe("page", () => pageTests(stage));
  describe("list", () => listTests(stage));
  describe("search", () => searchTests(stage));
  describe("actions", () => actionsTests(stage));
  describe("keys", () => keysTests(stage));
  describe("conversation", () => conversationTests(stage));
  describe("live", () => liveTests(stage));
  describe("markdown", () => markdownTests(stage));
  describe("calls", () => callsTests(stage));
  describe("approvals", () => approvalsTests(stage));
  describe("details", () => detailsTests(stage));
  describe("begin", () => beginTests(stage));
  describe("access", () => accessTests(stage));
  describe("work", () => workTests(stage));
  describe("looks", () => looksTests(stage));
}
