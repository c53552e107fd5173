import type { Page } from "playwright-core";
import type { User } from "./stage.ts";

const MARKDOWN = `Here it is.

## What I found

1. The **lamp** is on, see [the manual](https://example.com/lamp).
2. Its \`voltage\` is too high:

\`\`\`js
const volts = measure("lamp", { precision: 2 });
\`\`\`

| part | state |
| --- | --- |
| lamp | on |
| fuse | blown, and therefore to be replaced by somebody who has been trained for it |

- [x] measured
- [ ] repaired`;

/** Something of everything that a screen shows, for one user. Answers the ids of its sessions. */
export async function fill({ id, api }: User): Promise<void> {
  const run = (kind: "agent" | "team", name: string, message: string, sessionId: string) =>
    api[kind](name)
      .run({ message, sessionId: `${id}-${sessionId}` })
      .result();
  await Promise.all([
    run("agent", "assistant", MARKDOWN, "markdown"),
    run("agent", "operator", '/tool add {"a":1,"b":2}', "tools"),
    run("team", "support", "The lamp in the hall flickers, and nobody knows why", "team"),
    run("agent", "operator", '/tool delete_record {"id":"42"}\n/tool send_email {"subject":"The lamp"}', "waits"),
    run("agent", "operator", '/tool run_shell {"command":"ls -la"}', "shell"),
  ]);
  const changes = { tags: ["urgent", "a tag with a rather long name"], pinned: true };
  await api.sessions.patch(`${id}-markdown`, changes);
  await api.sessions.rename(`${id}-markdown`, { name: "The lamp in the hall, and what was found out about it so far" });
}

export interface Shown {
  name: string;
  hash: (user: User) => string;
  /** Waits until the screen is there with all that it shows. */
  isThere: (page: Page) => Promise<unknown>;
}

const main = (page: Page, text: RegExp | string) => page.getByRole("main").getByText(text).first().waitFor();

/** All screens, as a user sees them who has something of everything. */
export const SCREENS: readonly Shown[] = [
  {
    name: "inbox",
    hash: () => "#/",
    isThere: (page) =>
      page
        .getByRole("link", { name: /The lamp in the hall/ })
        .first()
        .waitFor(),
  },
  {
    name: "view without rows",
    hash: () => "#/?view=archived",
    isThere: (page) => page.locator(".empty").first().waitFor(),
  },
  { name: "search", hash: () => "#/?q=lamp", isThere: (page) => page.locator("mark").first().waitFor() },
  { name: "conversation", hash: ({ id }) => `#/s/${id}-markdown`, isThere: (page) => main(page, "What I found") },
  {
    name: "conversation with a tool",
    hash: ({ id }) => `#/s/${id}-tools`,
    isThere: (page) => main(page, "The tool answered"),
  },
  {
    name: "conversation of a team",
    hash: ({ id }) => `#/s/${id}-team`,
    isThere: (page) => main(page, /nobody knows why/),
  },
  {
    name: "conversation that waits",
    hash: ({ id }) => `#/s/${id}-waits`,
    isThere: (page) => main(page, "delete_record"),
  },
  {
    name: "details",
    hash: ({ id }) => `#/s/${id}-markdown/details`,
    isThere: (page) => page.getByText("Runs").first().waitFor(),
  },
  { name: "approvals", hash: () => "#/approvals", isThere: (page) => main(page, "run_shell") },
  { name: "new", hash: () => "#/new", isThere: (page) => page.getByRole("radio", { name: /Support/ }).waitFor() },
  { name: "connect", hash: () => "#/connect", isThere: (page) => page.getByText("Connected as").waitFor() },
];
