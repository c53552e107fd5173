import { z } from "zod";
import { clientAt, DEFAULT_URL, sentenceOf } from "./portable/server.ts";
import { flagValue, hasFlag } from "./server/flags.ts";

const USAGE = `Prints a token with which a page, or curl, calls a server as one of its users.

  npm run token -- --user ID [options]

  --url URL            the server (${DEFAULT_URL}); its key is read from OS_SECURITY_KEY
  --scopes "A B"       what the token may do; the server's JWT_DEFAULT_SCOPES if it is left out
  --expires SECONDS    how long it lives; 600 if it is left out

Try it: curl -H "Authorization: Bearer $(npm run --silent token -- --user ada)" ${DEFAULT_URL}/me`;

const ClientToken = z.object({ token: z.string() });

/** `npm run token`. Answers the exit code. */
async function token(args: readonly string[]): Promise<number> {
  const user = flagValue(args, "user");
  if (hasFlag(args, "help", "h") || user === undefined) {
    console.log(USAGE);
    return hasFlag(args, "help", "h") ? 0 : 2;
  }
  const scopes = flagValue(args, "scopes")
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== "");
  const expires = flagValue(args, "expires");
  const body = { user_id: user, scopes, expires_in_seconds: expires };
  const { data } = await clientAt(flagValue(args, "url") ?? DEFAULT_URL).request("POST", "/client-tokens", { body });
  console.log(ClientToken.parse(data).token);
  return 0;
}

try {
  process.exitCode = await token(process.argv.slice(2));
} catch (error) {
  console.error(sentenceOf(error));
  process.exitCode = 1;
}
