import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { inboxTest, type Opened } from "./support/inbox-page.ts";
import { look } from "./support/look.ts";
import { fill, SCREENS } from "./support/screens.ts";
import type { Stage, User } from "./support/stage.ts";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
/** What a window of 1280 by 800 has room for at a zoom of 200 percent. */
const ZOOMED = { width: 640, height: 400 };

/** For who mends a screen: `SCREEN=details npm run test:ui -- …` looks at that one alone. */
const WANTED = new RegExp(process.env.SCREEN ?? "");

/** Goes through all screens, and says of each what was found there. */
async function onEachScreen({ page, user }: Opened, find: (page: Page) => Promise<string[]>): Promise<void> {
  const found: string[] = [];
  for (const { name, hash, isThere } of SCREENS) {
    if (!WANTED.test(name)) continue;
    await page.evaluate(`location.assign(${JSON.stringify(hash(user))})`);
    await isThere(page);
    found.push(...(await find(page)).map((one) => `${name}, ${one}`));
  }
  assert.deepEqual(found, []);
}

const named = (name: string, found: readonly string[]) => found.map((one) => `${name}: ${one}`);

async function filledUser(stage: Stage): Promise<User> {
  const user = await stage.user();
  await fill(user);
  return user;
}

export function looksTests(stage: Stage): void {
  let filled: Promise<User> | undefined;
  const as = () => (filled ??= filledUser(stage));

  inboxTest(stage, "33 axe finds nothing on any screen, light and dark, at 1280 and at 360 px", { as }, (opened) =>
    onEachScreen(opened, async (page) => {
      const found: string[] = [];
      for (const size of [WIDE, NARROW]) {
        await page.setViewportSize(size);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          found.push(
            ...named(`${size.width} ${colorScheme}`, await look<string[]>(page, `axeFindings("${colorScheme}")`)),
          );
        }
      }
      return found;
    }),
  );

  inboxTest(
    stage,
    "34 from right to left, and at a zoom of 200 percent (33), nothing is covered and nothing sticks out",
    { as },
    (opened) =>
      onEachScreen(opened, async (page) => {
        const found: string[] = [];
        for (const [name, size, dir] of [
          ["as it is", WIDE, "ltr"],
          ["as it is at 360", NARROW, "ltr"],
          ["rtl", WIDE, "rtl"],
          ["rtl at 360", NARROW, "rtl"],
          ["zoomed", ZOOMED, "ltr"],
        ] as const) {
          await page.setViewportSize(size);
          await look(page, `turn("${dir}")`);
          found.push(
            ...named(name, [
              ...(await look<string[]>(page, "coveredThings()")),
              ...(await look<string[]>(page, "spilledThings()")),
            ]),
          );
        }
        return found;
      }),
  );

  inboxTest(stage, "35 texts that are 40 percent longer do not stick out", { as }, (opened) =>
    onEachScreen(opened, async (page) => {
      const found: string[] = [];
      await look(page, "makeLonger()");
      for (const size of [WIDE, NARROW]) {
        await page.setViewportSize(size);
        found.push(...named(`${size.width}`, await look<string[]>(page, "spilledThings()")));
      }
      // The page does not know what was made of its words: it begins anew.
      await page.reload();
      return found;
    }),
  );

  inboxTest(stage, "33 what is touched is 44 px high", { as, ...NARROW, isTouch: true }, (opened) =>
    onEachScreen(opened, (page) => look(page, "smallThings()")),
  );

  inboxTest(
    stage,
    "33 where colours are the system's, what is chosen is still told; where motion is unwanted, nothing moves",
    { as },
    async ({ page }) => {
      await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
      await page.getByRole("navigation").waitFor();
      assert.equal(await look(page, "outlineOfChosen()"), "solid");
      assert.deepEqual(await look(page, "motions()"), []);
    },
  );

  inboxTest(
    stage,
    "36 what the page tells lies over nothing that one clicks, and details take no room of what is used beside them",
    { as, hash: "#/" },
    async ({ page, user }) => {
      const covered = () => look<string[]>(page, "coveredThings()");
      await page.goto(`${page.url().split("#")[0]}#/s/${user.id}-tools`);
      const field = page.getByRole("textbox", { name: /message/i });
      await field.waitFor();
      await page.getByRole("button", { name: "More" }).last().click();
      await page.getByRole("menuitem", { name: "Copy id" }).click();
      await page.locator(".notice").waitFor();
      for (const size of [WIDE, NARROW]) {
        await page.setViewportSize(size);
        assert.deepEqual(await covered(), []);
      }
      await page.goto(`${page.url().split("#")[0]}#/s/${user.id}-tools/details`);
      const details = page.getByRole("complementary", { name: "Details" });
      await page.setViewportSize({ width: 1400, height: 800 });
      await details.getByText("Runs").first().waitFor();
      await field.focus();
      const [drawer, composer] = [await details.boundingBox(), await field.boundingBox()];
      assert.ok(drawer !== null && composer !== null && composer.x + composer.width <= drawer.x);
      // Over it there is nothing below to be reached, and a click there closes the details.
      await page.setViewportSize(WIDE);
      await page.locator(".conversation[inert]").waitFor({ state: "attached" });
      await page.mouse.click(700, 400);
      await details.waitFor({ state: "detached" });
      await field.focus();
      await page.locator(".composer textarea:focus").waitFor();
    },
  );
}
