/** A machine that calls. Its token is known by its digest only. Instants are epoch milliseconds. */
export interface ServiceAccount {
  accountId: string;
  name: string;
  /** SHA-256 of the token, in hex. */
  tokenHash: string;
  /** How the token begins. */
  tokenPrefix: string;
  /** As they were asked for. */
  scopes: string[];
  createdAt: number;
  /** To whom it belongs: the user, or the account, that made it; null: the security key did. */
  createdBy: string | null;
  /** Null: never. */
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

export const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
export const MAX_ACCOUNT_NAME_CHARS = 63;
export const isAccountName = (name: string): boolean => ACCOUNT_NAME.test(name);

/** AgentOS's, but for workflows, which this server does not run. */
export const DEFAULT_ACCOUNT_SCOPES: readonly string[] = ["agents:run", "teams:run", "sessions:read", "config:read"];

export const DEFAULT_EXPIRY_DAYS = 90;
export const MAX_EXPIRY_DAYS = 3_650;
export const DAY_MS = 86_400_000;

/** How long an old token goes on beside the one that replaces it, if its rotation does not say, and at most. */
export const DEFAULT_OVERLAP_SECONDS = 86_400;
export const MAX_OVERLAP_SECONDS = 2_592_000;

/** What the account is called as a user. No human can have such an id: subjects that begin so are refused. */
export const accountSubject = (name: string): `sa:${string}` => `sa:${name}`;

/** The name of the account that calls so; null for any other caller. */
export const accountName = (caller: string): string | null => (caller.startsWith("sa:") ? caller.slice(3) : null);

/** Whether its token is taken at that instant. */
export const isInForce = ({ revokedAt, expiresAt }: ServiceAccount, nowMs: number): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > nowMs);

/** When the token ends that replaces the account's: it lives as long as that was to live. */
export const renewedExpiry = ({ createdAt, expiresAt }: ServiceAccount, nowMs: number): number | null =>
  expiresAt === null ? null : nowMs + (expiresAt - createdAt);
