import type { Config } from "../env.ts";

type DoorSettings = Pick<Config, "mode" | "securityKey" | "jwtIssuer" | "jwtVerificationKey">;

/** Whether JWTs are taken: an identity provider's, or those that a key of the deployment verifies. */
export const takesJwts = ({ jwtIssuer, jwtVerificationKey }: Pick<Config, "jwtIssuer" | "jwtVerificationKey">) =>
  jwtIssuer !== null || jwtVerificationKey !== null;

/** What AgentOS calls `auth_mode`: which credential a client has to bring. */
export type AuthMode = "none" | "security_key" | "jwt";

export function authModeOf(config: DoorSettings): AuthMode {
  if (takesJwts(config)) return "jwt";
  // A deployment without a key answers nobody, so it is not shown as open.
  return config.mode === "development" && config.securityKey === null ? "none" : "security_key";
}
