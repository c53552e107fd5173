import { methodNotAllowed } from "hono/method-not-allowed";
import { docsRouter } from "./api/meta/docs.ts";
import { openApiDocument } from "./api/meta/document.ts";
import { type MetaDependencies, metaRouter } from "./api/meta/handlers.ts";
import { DB_ID } from "./api/shared/request-fields.ts";
import { DATABASE_PATHS, newRouter, type Router } from "./api/shared/route.ts";
import type { Outcome } from "./domain/outcome.ts";
import { type Config, withinLimits } from "./env.ts";
import { accessLog } from "./http/access-log.ts";
import { authenticate } from "./http/auth.ts";
import { brakeFailures, brakeRequests } from "./http/brakes.ts";
import type { Middleware } from "./http/context.ts";
import { onError, onMethodNotAllowed, onNotFound, unwrap } from "./http/errors.ts";
import { requestId, securityHeaders } from "./http/headers.ts";
import { originPolicy } from "./http/origin.ts";
import { asksForScope } from "./http/scope.ts";
import { onlyDatabase, readableUrl } from "./http/url.ts";

export interface AppDependencies extends MetaDependencies {
  config(env: Env): Outcome<Config>;
  /** The routes other than discovery (sessions, runs, messages, names), mounted at the root in this order. */
  routers: readonly Router[];
}

/** The whole HTTP side: first what every request passes through, in this order, then the routes. */
export function createApp(dependencies: AppDependencies): Router {
  const app = newRouter();
  app.onError(onError);
  app.notFound(onNotFound);

  app.use(requestId());
  app.use(accessLog());
  app.use(securityHeaders());
  app.use(configuration(dependencies));
  app.use(originPolicy());
  app.use(brakeFailures(authenticate(dependencies.now)));
  app.use(brakeRequests());
  app.use(readableUrl());
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => onMethodNotAllowed(c, methods, methodsOf(app, c.req.path)),
    }),
  );
  for (const path of DATABASE_PATHS) app.use(`${path}/*`, onlyDatabase(DB_ID));

  app.route("/", metaRouter(dependencies));
  for (const router of dependencies.routers) app.route("/", router);
  app.route(
    "/",
    docsRouter((asksForKey) => openApiDocument(app, { asksForKey })),
  );
  checkScopes(app);
  return app;
}

/** Throws for a route that does not say what it needs of its caller: that route would answer anybody. */
function checkScopes(app: Router): void {
  const routes = Map.groupBy(
    app.routes.filter(({ method }) => method !== "ALL"),
    ({ method, path }) => `${method} ${path}`,
  );
  for (const [name, steps] of routes) {
    if (!steps.some(({ handler }) => asksForScope(handler))) throw new Error(`${name} declares no scope.`);
  }
}

/** Puts the settings in place. A deployment that is configured wrongly answers every request with what is wrong. */
function configuration(dependencies: AppDependencies): Middleware {
  return async function configuration(c, next) {
    c.set("config", unwrap(withinLimits(unwrap(dependencies.config(c.env)), dependencies)));
    await next();
  };
}

/** The methods of the routes whose path is exactly this text. Routes with a parameter that match it do not count. */
function methodsOf(app: Router, path: string): string[] {
  const routes = app.routes.filter((route) => route.method !== "ALL" && route.path === path.replace(/(?<=.)\/$/, ""));
  return [...new Set(routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
}
