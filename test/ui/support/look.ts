import { readFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "esbuild";
import type { Page } from "playwright-core";

const HERE = import.meta.dirname;
const AXE = readFileSync(path.join(HERE, "../../../node_modules/axe-core/axe.min.js"), "utf8");
const LOOK = transformSync(readFileSync(path.join(HERE, "../in-page/look.ts"), "utf8"), {
  loader: "ts",
  format: "iife",
  globalName: "look",
}).code;

/** Asks the page something of `in-page/look.ts`. That comes by the debugger's connection, for which the page's policy does not hold. */
export async function look<T>(page: Page, question: string): Promise<T> {
  if (!(await page.evaluate<boolean>("'look' in window"))) await page.evaluate(`${AXE}\n${LOOK};window.look = look`);
  return page.evaluate<T>(`look.${question}`);
}
