import { z } from "@hono/zod-openapi";
import { defineRoute, json, newRouter, type Router } from "../../src/api/shared/route.ts";
import { principal } from "../../src/http/auth.ts";
import { ISSUER, VERIFICATION_SECRET } from "./doors-deployment.ts";
import { smallApp } from "./small-app.ts";

const route = {
  path: "/who" as const,
  operationId: "who",
  user: "caller" as const,
  scope: "credential" as const,
  summary: "",
  description: "",
  tags: [] as string[],
  responses: { 200: json(z.unknown(), "Who asks") },
};
const get = defineRoute({ ...route, method: "get" });
const post = defineRoute({ ...route, method: "post" });

/** Answers who asks: the credential and the principal of the request. */
export function whoRouter(): Router {
  const router = newRouter();
  for (const one of [get, post]) {
    router.openapi(one, (c) => c.json({ credential: c.get("credential"), principal: principal(c) }, 200));
  }
  return router;
}

export interface Told {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
  body: any;
}

/** A deployment with these variables, and a caller that asks it who it is. The clock is the real one unless it is given. */
export function whoApp(vars: Record<string, unknown>, now: () => number = Date.now) {
  const { request } = smallApp({ vars, routers: [whoRouter()], now });
  const ask = async (headers: HeadersInit = {}, method = "GET", path = "/who"): Promise<Told> => {
    const answer = await request(path, { method, headers });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  return { ask, request, show: (token: string) => ask({ Authorization: `Bearer ${token}` }) };
}

/** What is said of a credential: status, text, and the header that says what was wrong. */
export const said = ({ status, body, headers }: Told) => [status, body.detail, headers.get("WWW-Authenticate")];
export const refused = (detail: string) => [401, detail, 'Bearer error="invalid_token"'];
export const SIGNATURE = refused("Invalid token: Signature verification failed");
export const ALGORITHM = refused("Invalid token: The specified alg value is not allowed");
export const NOBODY = [403, "Authenticated request is missing a user identity", null];

/** The variables of a deployment that takes an identity provider's tokens, and of one whose backend signs them. */
export const IDP = { JWT_ISSUER: ISSUER };
export const SECRET = { JWT_VERIFICATION_KEY: VERIFICATION_SECRET, JWT_ALGORITHM: "HS256" };
