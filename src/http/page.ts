import type { Config } from "../env.ts";
import type { AppContext } from "./context.ts";

/** Where the inbox is served, by the platform and before the Worker is asked. */
export const PAGE_PATH = "/ui/";

/** An answer that takes longer is none: a caller waits for it. */
const ASK_TIMEOUT_MS = 1_000;

type Assets = NonNullable<Config["assets"]>;

/** Whether the page is there, as this instance of the Worker has found out. A deployment's files do not change under it. */
const known = new WeakMap<Assets, boolean>();

/** Whether the deployment has the page: one may leave it out. Asked once; while nothing can be found out, it is not there. */
export async function hasPage({ req, get }: AppContext): Promise<boolean> {
  const { assets } = get("config");
  if (assets === null) return false;
  const there = known.get(assets);
  if (there !== undefined) return there;
  try {
    const { status, body } = await assets.fetch(new URL(PAGE_PATH, req.url), {
      method: "HEAD",
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    await body?.cancel();
    if (status >= 500) return false;
    known.set(assets, status === 200);
    return status === 200;
  } catch {
    return false;
  }
}

/** Whether a header `Accept` asks for a page, as browsers do: by that name, and not after JSON. A mere "anything" does not. */
export function asksForPage(accept: string | undefined): boolean {
  const wanted = new Map(accept?.split(",").map(readRange));
  const page = wanted.get("text/html") ?? 0;
  return page > 0 && page >= (wanted.get("application/json") ?? 0);
}

/** What is wanted, and how much. A weight that is no number counts as 1, as it does where there is none. */
function readRange(range: string): [type: string, weight: number] {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  return [type, weight !== undefined && Number.isFinite(Number(weight)) ? Number(weight) : 1];
}
