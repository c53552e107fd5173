import type { Page } from "playwright-core";
import { SLOW_WORDS } from "./model-server.ts";

/** The whole slow answer. */
export const WHOLE = SLOW_WORDS.join(" ");
/** The first words of it. */
export const upTo = (words: number): string => SLOW_WORDS.slice(0, words).join(" ");

/** What a user does in each of the pages, and sees there. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

export const answers = (page: Page) => page.getByRole("article", { name: "Answer" });

export const isDone = (page: Page) => page.getByRole("button", { name: "Send", exact: true }).waitFor();

/** Waits until the end of the newest answer is this text, and no more. */
export async function shows(page: Page, text: string): Promise<void> {
  await answers(page)
    .last()
    .locator("p")
    .last()
    .and(page.getByText(text, { exact: true }))
    .waitFor();
}
