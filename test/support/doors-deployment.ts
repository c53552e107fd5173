/** The variables of the project `doors`: a deployment with every kind of door. Constants only: Node reads them too. */
export const ISSUER = "https://idp.test";
export const OS_SECURITY_KEY = "the-key-of-the-doors-tests";
export const VERIFICATION_SECRET = "a-secret-of-the-doors-tests-for-HS256-tokens";
export const CLIENT_TOKEN_SECRET = "a-secret-of-the-doors-tests-for-client-tokens";

export const DOORS_VARS = {
  // Empty is unset: a deployment.
  MODE: "",
  OS_SECURITY_KEY,
  JWT_ISSUER: ISSUER,
  JWT_VERIFICATION_KEY: VERIFICATION_SECRET,
  JWT_ALGORITHM: "HS256",
  JWT_TOOL_CLAIMS: "org",
  JWT_SESSION_ID_CLAIM: "conversation",
  CLIENT_TOKEN_SECRET,
};
