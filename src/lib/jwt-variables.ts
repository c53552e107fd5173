import { isLoopback } from "./loopback.ts";
import { type Format, MIN_SECRET_BYTES, oneOf, SIGNING_SECRET, words } from "./variable-formats.ts";

// What the variables of users' tokens may hold, each alone and together.

const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;
/** How tokens may be signed: never without a signature, and with a shared secret only outside the issuer's. */
export const JWT_ALGORITHM = oneOf([...ASYMMETRIC, "HS256"]);
export const ISSUER_ALGORITHMS = words(`some of ${ASYMMETRIC.join(", ")}`, (word) =>
  ASYMMETRIC.some((one) => one === word),
);

const POINTER = /^(\/([^~]|~[01])*)+$/;

/** A claim that its user may edit must not say who that is, or what it may do. */
export const CLAIM: Format<string> = {
  read(value) {
    if (typeof value !== "string" || /^\/?(user_metadata|unsafe_metadata)(\/|$)/.test(value)) return undefined;
    return value.startsWith("/") && !POINTER.test(value) ? undefined : value;
  },
  expected: "a claim's name or a JSON Pointer, and not into `user_metadata` or `unsafe_metadata`, which users may edit",
};

export const HEADER_NAME: Format<string> = {
  read: (value) => (typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value) ? value : undefined),
  expected: "a name such as `Authorization`",
};

/** A private key here would be one that leaked, and a symmetric one would let whoever can read it sign. */
export const JWKS: Format<string> = {
  read: (value) =>
    typeof value === "string" && keysOf(value).some(isPublicKey) && keysOf(value).every(isPublicKey)
      ? value
      : undefined,
  expected: "a JSON Web Key Set of public keys",
};

function keysOf(text: string): unknown[] {
  try {
    const keys: unknown = Object(JSON.parse(text)).keys;
    return Array.isArray(keys) ? keys : [];
  } catch {
    return [];
  }
}

function isPublicKey(key: unknown): boolean {
  return typeof key === "object" && key !== null && "kty" in key && key.kty !== "oct" && !("d" in key) && !("k" in key);
}

/** The settings of which one says what another may be. */
interface JwtSettings {
  mode: "development" | "deployment";
  securityKey: string | null;
  securityKeyOld: string | null;
  jwtIssuer: string | null;
  jwtJwksUrl: string | null;
  jwtJwks: string | null;
  jwtVerificationKey: string | null;
  jwtAlgorithm: string;
  clientTokenSecret: string | null;
  clientTokenSecretOld: string | null;
}

/** What is wrong with the settings of tokens together, a sentence each. None shows a value. */
export function jwtProblems(settings: JwtSettings): string[] {
  return [...keySourceProblems(settings), ...verificationKeyProblems(settings), ...secretProblems(settings)];
}

function keySourceProblems({ mode, jwtIssuer, jwtJwksUrl, jwtJwks }: JwtSettings): string[] {
  if (jwtIssuer === null) {
    const isSet = jwtJwksUrl !== null || jwtJwks !== null;
    return isSet ? ["JWT_ISSUER must be set: JWT_JWKS_URL and JWT_JWKS hold the keys of that issuer."] : [];
  }
  if (jwtJwks !== null) {
    return jwtJwksUrl === null ? [] : ["JWT_JWKS and JWT_JWKS_URL must not both be set: one set of keys counts."];
  }
  if (isKeyUrl(jwtJwksUrl ?? jwtIssuer, mode)) return [];
  const rule = "an https URL; in development it may be http to this machine";
  return jwtJwksUrl === null
    ? [`JWT_ISSUER must be ${rule}, or JWT_JWKS_URL must say where its keys are.`]
    : [`JWT_JWKS_URL must be ${rule}.`];
}

/** Whoever can change the keys on their way can be any user. */
function isKeyUrl(text: string, mode: JwtSettings["mode"]): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && mode === "development" && isLoopback(url.hostname));
}

export const mustBePublicKeys = (algorithm: string): string =>
  `JWT_VERIFICATION_KEY must be public keys for ${algorithm} (JWT_ALGORITHM), as PEM.`;

/** Whether all of these are public keys says their import, which cannot be done here (`auth/jwt/verification-keys.ts`). */
function verificationKeyProblems({ jwtVerificationKey, jwtAlgorithm }: JwtSettings): string[] {
  if (jwtVerificationKey === null) return [];
  const isPem = jwtVerificationKey.includes("-----BEGIN");
  if (jwtAlgorithm !== "HS256") {
    return isPem ? [] : [mustBePublicKeys(jwtAlgorithm)];
  }
  // Everybody may know a public key. As a secret it would let everybody sign.
  const isSecret = !isPem && SIGNING_SECRET.read(jwtVerificationKey) !== undefined;
  return isSecret
    ? []
    : [`JWT_VERIFICATION_KEY must be a secret of at least ${MIN_SECRET_BYTES} bytes for HS256 (JWT_ALGORITHM).`];
}

/** A token that one door signs must not open another one. */
function secretProblems(settings: JwtSettings): string[] {
  const { securityKey, securityKeyOld, jwtVerificationKey, clientTokenSecret, clientTokenSecretOld } = settings;
  const others = [securityKey, securityKeyOld, jwtVerificationKey];
  const isShared = (secret: string | null) => secret !== null && others.includes(secret);
  const names = [
    ...(isShared(clientTokenSecret) ? ["CLIENT_TOKEN_SECRET"] : []),
    ...(isShared(clientTokenSecretOld) ? ["CLIENT_TOKEN_SECRET_OLD"] : []),
  ];
  return names.map(
    (name) => `${name} must be another secret than JWT_VERIFICATION_KEY, OS_SECURITY_KEY and OS_SECURITY_KEY_OLD.`,
  );
}
