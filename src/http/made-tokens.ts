// Tokens that this server makes itself, for the handlers that make and end them.

export { signClientToken } from "../auth/client-token.ts";
export { MAX_TOKEN_CHARS } from "../auth/jwt/parsed-token.ts";
export { confirmCredential, forgetServiceToken } from "../auth/service-account.ts";
export { newServiceToken } from "../auth/service-token.ts";
