import { z } from "zod";
import { DEFAULT_URL } from "./portable/server.ts";
import { flagValue, hasFlag } from "./server/flags.ts";

const USAGE = `Prints a token with which a page, or curl, calls a server as one of its users.

  npm run token -- --user ID [options]

  --url URL            the server (${DEFAULT_URL}); its key is read from OS_SECURITY_KEY
  --scopes "A B"       what the token may do; the server's JWT_DEFAULT_SCOPES if it is left out
  --expires SECONDS    how long it lives; 600 if it is left out

Try it: curl -H "Authorization: Bearer $(npm run --silent token -- --user ada)" ${DEFAULT_URL}/me`;

const ClientToken = z.object({ token: z.string() });
const Refusal = z.object({ detail: z.unknown() });

/** `npm run token`. Answers the exit code. */
async function token(args: readonly string[]): Promise<number> {
  const user = flagValue(args, "user");
  if (hasFlag(args, "help", "h") || user === undefined) {
    console.log(USAGE);
    return hasFlag(args, "help", "h") ? 0 : 2;
  }
  const url = (flagValue(args, "url") ?? DEFAULT_URL).replace(/\/+$/, "");
  const scopes = flagValue(args, "scopes")
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== "");
  const expires = flagValue(args, "expires");
  const response = await fetch(`${url}/client-tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...keyHeader() },
    body: JSON.stringify({ user_id: user, scopes, expires_in_seconds: expires }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (response.ok) {
    console.log(ClientToken.parse(JSON.parse(text)).token);
    return 0;
  }
  console.error(`POST ${url}/client-tokens answered ${response.status}: ${sentence(text)}`);
  return 1;
}

function keyHeader(): Record<string, string> {
  const key = process.env.OS_SECURITY_KEY;
  return key ? { Authorization: `Bearer ${key}` } : {};
}

function sentence(text: string): string {
  try {
    const { detail } = Refusal.parse(JSON.parse(text));
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    // What is not ours comes from something in between.
    return text.slice(0, 500);
  }
}

try {
  process.exitCode = await token(process.argv.slice(2));
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  console.error(error instanceof Error ? `${error.message}${cause}` : error);
  process.exitCode = 1;
}
