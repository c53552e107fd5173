import { render } from "preact";
import { access } from "./access/access.ts";
import { tell } from "./app/notices.ts";
import { Page } from "./app/page.tsx";
import { applySettings } from "./app/settings.ts";
import { askAccess } from "./server/api.ts";
import { toldOf } from "./server/failure.ts";
import { texts } from "./texts/index.ts";

applySettings();
const page = document.getElementById("page");
if (page === null) throw new Error("The page has no place to show anything.");
render(<Page />, page);

/** Asks again and again until the server has said who this is; a person may be quicker. */
function begin(): void {
  askAccess().catch((error: unknown) => {
    const act = { label: texts.app.retry, run: begin };
    tell({ tone: "wrong", ...toldOf(error), act });
  });
}
access.subscribe(({ state }) => {
  if (state === "unknown") begin();
});
