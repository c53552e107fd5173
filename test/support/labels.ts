import { env } from "cloudflare:workers";

/** The labels that the session is found by, straight from D1, in order. */
export async function labelsIn(sessionId: string): Promise<string[]> {
  const { results } = await env.DB.prepare("select label from session_labels where session_id = ? order by label")
    .bind(sessionId)
    .all<{ label: string }>();
  return results.map(({ label }) => label);
}
