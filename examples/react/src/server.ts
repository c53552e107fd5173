/** Where Edge Sessions listens: here, what `npm start` in the repository's root begins. */
export const SERVER: string = import.meta.env.VITE_EDGE_SESSIONS ?? "http://127.0.0.1:8787";

/** Whom one can talk to: the paths of agents and teams that the server has. */
export const COMPONENTS = {
  "agents/assistant": "Assistant",
  "agents/operator": "Operator, who asks before it acts",
  "teams/support": "Support, a team",
} as const;
export type Component = keyof typeof COMPONENTS;

/** With whom one talks in the page of assistant-ui. */
export const COMPONENT: Component = "agents/operator";

/** What each request shows. */
export async function headers(): Promise<Record<string, string>> {
  // The token goes here. A server with OS_SECURITY_KEY or JWT_… wants one of the page's user: the JWT of your identity
  // provider, or a client token that your backend makes (docs/doors.md). Never the key itself: whoever reads the page has it.
  //
  //   return { Authorization: `Bearer ${await getToken()}` };
  return {};
}

/** The `api` of a chat's transport. */
export const chatApi = (component: Component): string => `${SERVER}/${component}/chat`;

/** What the server refused, in its words. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(detailOf(body));
    this.status = status;
  }
}

/** The server's JSON; null where it sends none. */
export async function call<T>(method: string, url: string, body?: unknown): Promise<T> {
  const json: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(url.startsWith("/") ? SERVER + url : url, {
    method,
    headers: { ...json, ...(await headers()) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Refused(response.status, text);
  return JSON.parse(text || "null");
}

/** The sentence of a refusal. `useChat` throws the body of one as the text of its error. */
export function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    return text;
  }
}
