import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/**
 * What callers of a measured Worker show: nothing, the security key, the key and the user they speak for, a JWT that may name
 * any user, one that is confined to its user, or one of these where brakes are bound. What a check of a token costs is seen at
 * `staff`; the quotas of a confined user and its brakes come on top. A run of a user has a row in the ledger.
 */
export const CREDENTIALS = ["none", "key", "backend", "staff", "token", "braked"] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** How a Worker is configured so that it takes a credential, and what its callers send. */
export interface Door {
  /** Variables and brakes. A checkout from before there were some of them does not look at them. */
  bindings: Record<string, string>;
  ratelimits: Record<string, { namespace_id: string; simple: { limit: number; period: 60 } }>;
  headers: Record<string, string>;
  fields: { user_id?: string };
  /** To whom the sessions belong. */
  user: string | null;
}

const ISSUER = "https://idp.test";
const USER = "ada";
export const OPEN_DOOR: Door = {
  bindings: { MODE: "development" },
  ratelimits: {},
  headers: {},
  fields: {},
  user: null,
};

/** So high that no measurement reaches them; 0 would be no limit, and would not be looked at. */
const QUOTAS = { USER_RUNS_PER_DAY: "1000000000", USER_TOKENS_PER_DAY: "1000000000000" };
const BRAKES = ["AUTH_FAILURES", "REQUESTS", "RUN_STARTS"].map((name, nth) => [
  name,
  { namespace_id: String(nth + 1), simple: { limit: 1_000_000_000, period: 60 as const } },
]);

export async function doorFor(credential: Credential): Promise<Door> {
  switch (credential) {
    case "none":
      return OPEN_DOOR;
    case "key":
      return { ...OPEN_DOOR, bindings: { OS_SECURITY_KEY: "the-key" }, headers: { Authorization: "Bearer the-key" } };
    case "backend":
      return { ...(await doorFor("key")), fields: { user_id: USER }, user: USER };
    case "staff":
      return doorOfIssuer({ scopes: ["agent_os:admin"] });
    case "token":
      return doorOfIssuer();
    case "braked":
      return { ...(await doorOfIssuer()), ratelimits: Object.fromEntries(BRAKES) };
  }
}

/** An identity provider whose keys are the text of a variable, so that no read of them is in the times. */
async function doorOfIssuer(claims: JWTPayload = {}): Promise<Door> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  const token = await new SignJWT({ sub: USER, iss: ISSUER, ...claims })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
  return {
    bindings: { JWT_ISSUER: ISSUER, JWT_JWKS: JSON.stringify({ keys: [jwk] }), ...QUOTAS },
    ratelimits: {},
    headers: { Authorization: `Bearer ${token}` },
    fields: {},
    user: USER,
  };
}

/** Gives all seeded sessions to the user of the door: to a confined one no others exist. */
export async function giveSessions(db: D1Database, { user }: Door): Promise<void> {
  if (user !== null) await db.prepare("UPDATE sessions SET user_id = ?1").bind(user).run();
}
