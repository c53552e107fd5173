import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Page } from "playwright-core";
import { EdgeSessions } from "../packages/client/src/index.ts";
import { stopGroupsAtEnd } from "./server/process-group.ts";
import { startServer } from "./server/server-process.ts";
import { pastLines } from "./ui-pictures/past.ts";
import { startModel } from "./ui-pictures/scripted-model.ts";
import { nextTurn, sayToday } from "./ui-pictures/today.ts";

/** `npm run ui-pictures`: makes the pictures of docs/ui/, from a server of its own with conversations that were made up. */

const OUT = path.resolve(import.meta.dirname, "../docs/ui");
const MAX_BYTES = 200_000;
const KEY = "the key of the pictures alone";

interface Picture {
  name: string;
  hash: string;
  /** What is seen once the picture can be taken. */
  shows: string;
  isPhone?: boolean;
  isDark?: boolean;
  /** What is opened first, by its name. */
  opens?: RegExp;
  /** Without a credential. */
  isStranger?: boolean;
}

const PICTURES: readonly Picture[] = [
  { name: "inbox", hash: "#/s/lamp", shows: "shall I book the visit" },
  { name: "inbox-dark", hash: "#/s/lamp", shows: "shall I book the visit", isDark: true },
  { name: "tool", hash: "#/s/sum", shows: "14 × 23.50", opens: /^add / },
  { name: "approvals", hash: "#/approvals", shows: "journalctl" },
  { name: "details", hash: "#/s/lamp/details", shows: "Runs" },
  { name: "search", hash: "#/?q=dimmer", shows: "Messages" },
  { name: "new", hash: "#/new", shows: "First message" },
  { name: "connect", hash: "#/connect", shows: "Key or token", isStranger: true },
  { name: "phone-inbox", hash: "#/", shows: "The import that stopped", isPhone: true },
  { name: "phone-conversation", hash: "#/s/clean", shows: "Both steps need you", isPhone: true },
  { name: "phone-dark", hash: "#/approvals", shows: "journalctl", isPhone: true, isDark: true },
];

stopGroupsAtEnd();
const folder = mkdtempSync(path.join(tmpdir(), "edge-sessions-pictures-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const model = await startModel(nextTurn);
const server = await startServer(folder, {
  OPENAI_BASE_URL: model.url,
  OPENAI_API_KEY: "of-no-use",
  OS_SECURITY_KEY: KEY,
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const staff = new EdgeSessions({ baseUrl: server.url, token: KEY });
  const headers = { "Content-Type": "application/x-ndjson" };
  await staff.request("POST", "/import", { body: pastLines(Date.now()), headers });
  await sayToday(staff);
  mkdirSync(OUT, { recursive: true });
  const wanted = process.argv.slice(2);
  for (const picture of PICTURES) if (wanted.length === 0 || wanted.includes(picture.name)) await take(picture);
} finally {
  await browser.close();
  await server.stop();
  model.close();
}

async function take({
  name,
  hash,
  shows,
  isPhone = false,
  isDark = false,
  isStranger = false,
  opens,
}: Picture): Promise<void> {
  const context = await browser.newContext({
    viewport: isPhone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    deviceScaleFactor: isPhone ? 2 : 1,
    hasTouch: isPhone,
    isMobile: isPhone,
    colorScheme: isDark ? "dark" : "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  const kept = `if (location.protocol === "http:") sessionStorage.setItem("edge-sessions.credential", ${JSON.stringify(KEY)})`;
  if (!isStranger) await context.addInitScript({ content: kept });
  const page: Page = await context.newPage();
  await page.goto(`${server.url}/ui/${hash}`);
  await page.getByText(shows).filter({ visible: true }).first().waitFor();
  if (opens !== undefined) await page.getByRole("main").getByRole("button", { name: opens }).click();
  await page.waitForLoadState("networkidle");
  const file = path.join(OUT, `${name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  const bytes = statSync(file).size;
  console.log(`${path.relative(process.cwd(), file)}: ${Math.round(bytes / 1000)} KB`);
  if (bytes > MAX_BYTES) throw new Error(`${name} has more than ${MAX_BYTES} bytes.`);
}
