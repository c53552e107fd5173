import { render } from "preact";
import { access, followOtherTabs } from "./access/access.ts";
import { applySettings } from "./app/settings.ts";
import { Page } from "./frame/page.tsx";
import { askListEarly, prefetchSoon } from "./frame/parts.ts";
import { keepTitle } from "./frame/title.ts";
import { askAccess } from "./server/api.ts";
import { toldOf } from "./server/failure.ts";

const RETRY_MS = 5_000;

applySettings();
keepTitle();
followOtherTabs();
const page = document.getElementById("page");
if (page === null) throw new Error("The page has no place to show anything.");
render(<Page />, page);

/** Asks again and again until the server has said who this is; a person may be quicker. */
async function begin(): Promise<void> {
  askListEarly();
  try {
    await askAccess();
  } catch (error) {
    access.value = { state: "failed", told: toldOf(error) };
    setTimeout(() => {
      if (access.peek().state === "failed") void begin();
    }, RETRY_MS);
  }
}
access.subscribe(({ state }) => {
  if (state === "unknown") void begin();
  if (state === "granted") prefetchSoon();
});
