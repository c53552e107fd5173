import { type Failure, invalidCredential, unauthorized } from "../domain/error.ts";
import { fail, type Outcome } from "../domain/outcome.ts";
import type { Credential } from "../domain/principal.ts";
import { CLIENT_TOKEN } from "./client-token.ts";
import { takesJwts } from "./doors.ts";
import type { CheckContext, Form } from "./form.ts";
import { JWT } from "./jwt/form.ts";
import { SECURITY_KEY } from "./security-key.ts";
import { SERVICE_TOKEN } from "./service-account.ts";
import type { Shown } from "./shown.ts";

/** Tokens that this server has made itself, told by their beginning. They count in open development too. */
const OWN_TOKENS: readonly Form[] = [SERVICE_TOKEN, CLIENT_TOKEN];

/** All forms of credentials. A text is checked as the first one that fits, and as no other. */
const FORMS: readonly Form[] = [...OWN_TOKENS, SECURITY_KEY, JWT];

const REFUSED: Failure = invalidCredential("Invalid authentication token");

/** Who shows this credential. */
export async function checkCredential(shown: Shown | null, context: CheckContext): Promise<Outcome<Credential>> {
  if (shown === null) return fail(missing(context));
  const form = await formOf(FORMS, shown, context);
  return form === null ? fail(REFUSED) : form.check(shown.text, context);
}

/** Who shows a token of this server where none is asked for; null if what is shown, if anything, is none. */
export async function checkOwnToken(shown: Shown | null, context: CheckContext): Promise<Outcome<Credential> | null> {
  const form = shown === null ? null : await formOf(OWN_TOKENS, shown, context);
  return shown === null || form === null ? null : form.check(shown.text, context);
}

async function formOf(forms: readonly Form[], { place, text }: Shown, context: CheckContext): Promise<Form | null> {
  for (const form of forms) {
    if (form.isIn(place, context.config) && (await form.fits(text, context))) return form;
  }
  return null;
}

/** AgentOS words it differently where it takes JWTs. */
const missing = ({ config }: CheckContext) =>
  unauthorized(takesJwts(config) ? "Authorization header missing" : "Authorization header required");
