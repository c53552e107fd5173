import { unauthorized } from "../../domain/error.ts";
import { fail } from "../../domain/outcome.ts";
import { takesJwts } from "../doors.ts";
import type { Form } from "../form.ts";
import { ambiguous, readsAuthorization } from "../shown.ts";
import { verifyToken } from "./verify-token.ts";

/** A token of an identity provider, or of whoever has the deployment's signing key: whatever has no other form. */
export const JWT: Form = {
  isIn: (place, config) => place !== "authorization" || readsAuthorization(config),
  fits: (_text, { config }) => takesJwts(config),
  async check(text, context) {
    // A header's last blanks are dropped on the way, so this is `Bearer ` with nothing behind it.
    if (/^bearer$/i.test(text)) return fail(unauthorized("Authorization header missing"));
    if (text.includes(",")) return fail(ambiguous("Authorization header"));
    return verifyToken(text, context);
  },
};
