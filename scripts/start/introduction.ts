import { z } from "zod";

const Models = z.array(z.object({ id: z.string(), provider: z.string() }));
const Refusal = z.object({ detail: z.string() });

/** Where the server will be: said before wrangler prints a screen about itself. */
export const announcement = (url: string) => `\n  Edge Sessions will be at ${url} in a few seconds.\n`;

/** What has started, once the server answers. Null if the server ends before that. */
export async function introduction(url: string, mode: string, securityKey: string | undefined): Promise<string | null> {
  const headers: Record<string, string> = securityKey ? { Authorization: `Bearer ${securityKey}` } : {};
  const answer = await fetch(`${url}/models`, { headers }).catch(() => null);
  // With https this call fails although the server runs, because nobody has signed its certificate.
  if (answer === null && !url.startsWith("https:")) return null;
  const problem = answer !== null && answer.status >= 500 ? await refusalOf(answer) : null;
  const lines = [
    `Edge Sessions ${problem === null ? "is ready" : "answers"} at ${url}${mode === "development" ? ", in development mode" : ""}.`,
    ...(problem === null && (await hasInbox(url)) ? [`Inbox: ${url}/ui/`] : []),
    problem === null ? `Model: ${await modelOf(answer)}` : `But:   ${problem}`,
    `API:   ${url}/docs`,
    "Stop:  Ctrl-C",
  ];
  return `\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** A deployment may leave the page out. */
async function hasInbox(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/ui/`, { method: "HEAD" }).catch(() => null);
  // With https nobody can look, as above.
  return answer === null ? url.startsWith("https:") : answer.ok;
}

async function modelOf(answer: Response | null): Promise<string> {
  if (!answer?.ok) return "GET /models tells";
  const read = Models.safeParse(await answer.json());
  const models = read.success ? read.data : [];
  if (models.length === 0) return "none; set OPENAI_API_KEY or OPENAI_BASE_URL";
  if (models.every(({ provider }) => provider === "Offline")) {
    return "the offline model, no key needed; set OPENAI_API_KEY to use a real one";
  }
  return models.map(({ id, provider }) => `${id} (${provider})`).join(", ");
}

async function refusalOf(answer: Response): Promise<string> {
  const read = Refusal.safeParse(await answer.json().catch(() => null));
  return read.success ? read.data.detail : `it answers ${answer.status}.`;
}
