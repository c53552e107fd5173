import { actorOf, isConfined } from "../../domain/principal.ts";
import { epochSeconds } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import { getMe } from "./contract.ts";

/** What a credential is, told to whoever shows it. */
export function meRouter() {
  const router = newRouter();

  router.openapi(getMe, (c) => {
    const credential = c.get("credential");
    const { subject, scopes, expiresAt } = credential;
    const me = {
      actor: actorOf(credential),
      user_id: subject,
      confined: isConfined(credential),
      admin: scopes === "all",
      scopes: scopes === "all" ? [c.get("config").jwtAdminScope] : [...scopes],
      expires_at: expiresAt === null ? null : epochSeconds(expiresAt),
    };
    return c.json(me, 200);
  });

  return router;
}
