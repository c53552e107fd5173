import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type KeyPair, keyPair, rawToken, scriptIssuer, signWith } from "../support/credentials.ts";
import { ISSUER } from "../support/doors-deployment.ts";
import { gate } from "../support/scripted-model.ts";
import { type Told, whoApp } from "../support/who.ts";

// The issuer's keys: when they are read, and what is said while they cannot be.

const idp = scriptIssuer();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A deployment in an isolate of its own, with a clock that the test turns. */
function isolate(vars: Record<string, unknown> = {}) {
  const clock = { now: Date.now() };
  const app = whoApp({ JWT_ISSUER: ISSUER, JWT_ALGORITHMS: "RS256 ES256", ...vars }, () => clock.now);
  const pass = (ms: number) => {
    clock.now += ms;
  };
  return { ...app, pass };
}

const DAYS = { exp: 9_999_999_999 };
const token = (user = "ada") => idp.tokenFor(user, DAYS);
const signedBy = (pair: KeyPair, kid = pair.kid) => signWith(pair, idp.claimsOf("ada", DAYS), { kid });
const statuses = (told: Told[]) => [...new Set(told.map(({ status }) => status))];

function expectAway({ status, body, headers }: Told): void {
  expect([status, body.detail, body.code]).toEqual([
    503,
    "Authentication is temporarily unavailable",
    "auth_unavailable",
  ]);
  expect(headers.get("Retry-After")).toBe("5");
}
const SIGNATURE = "Invalid token: Signature verification failed";

describe("reading the keys", () => {
  it("is done once for a hundred requests, at a time or one by one (case 31)", async () => {
    const { show } = isolate();
    const shown = await token();
    expect(statuses(await Promise.all(Array.from({ length: 50 }, () => show(shown))))).toEqual([200]);
    for (let n = 0; n < 50; n += 1) expect((await show(shown)).status).toBe(200);
    expect(idp.reads).toHaveLength(1);
  });

  it("asks the platform's cache only the first time, for an answer of up to five minutes", async () => {
    const { show, pass } = isolate();
    await show(await token());
    pass(10 * MINUTE);
    await show(await token());
    const [first, second] = idp.reads.map(({ init }) => init);
    expect(first?.cf).toEqual({ cacheEverything: true, cacheTtlByStatus: { "200-299": 300, "300-599": -1 } });
    expect(first?.cache).toBeUndefined();
    expect([second?.cf, second?.cache]).toEqual([undefined, "no-store"]);
    expect([first?.redirect, second?.redirect]).toEqual(["manual", "manual"]);
  });

  it("is done again for a new key, which works at once, for all who show it (case 32)", async () => {
    const { show, pass } = isolate();
    await show(await token());
    pass(1);
    await idp.add("k2", "ES256");
    const shown = await token();
    expect(statuses(await Promise.all(Array.from({ length: 20 }, () => show(shown))))).toEqual([200]);
    expect(idp.reads.map(({ init }) => init?.cache)).toEqual([undefined, "no-store"]);
  });

  it("is done once in 30 seconds, however many keys are asked for that nobody has (case 33)", async () => {
    const { show, pass } = isolate();
    await show(await token());
    const mallory = await keyPair("ES256", "x");
    const ghosts = await Promise.all(Array.from({ length: 1000 }, (_, n) => signedBy(mallory, `ghost-${n}`)));
    for (let from = 0; from < 1000; from += 100) {
      const told = await Promise.all(ghosts.slice(from, from + 100).map(show));
      expect(told.every(({ status, body }) => status === 401 && body.detail === SIGNATURE)).toBe(true);
      pass(2_999);
    }
    expect(idp.reads).toHaveLength(2);
    pass(11);
    await show(ghosts[0] ?? "");
    expect(idp.reads).toHaveLength(3);
  });

  it("is waited for by those who come meanwhile", async () => {
    const { show, ask } = isolate();
    const point = gate();
    const keys = idp.keys.map(({ jwk }) => jwk);
    idp.answer = async () => {
      point.arrivals += 1;
      while (!point.released) await scheduler.wait(1);
      return Response.json({ keys });
    };
    const first = ask({ Authorization: `Bearer ${await token()}` });
    await point.reached();
    const second = show(await token("bob"));
    point.release();
    expect((await second).body.credential.subject).toBe("bob");
    expect((await first).status).toBe(200);
    expect(idp.reads).toHaveLength(1);
  });

  it("is the platform's to end where the request that began it is given up, since others wait for it", async () => {
    const { request } = isolate();
    const point = gate();
    const keys = idp.keys.map(({ jwk }) => jwk);
    idp.answer = async () => {
      point.arrivals += 1;
      while (!point.released) await scheduler.wait(1);
      return Response.json({ keys });
    };
    const kept: Promise<unknown>[] = [];
    const context = Object.assign(createExecutionContext(), { waitUntil: (work: Promise<unknown>) => kept.push(work) });
    const begun = request("/who", { headers: { Authorization: `Bearer ${await token()}` } }, context);
    await point.reached();
    const ended = Promise.all(kept).then(() => "ended");
    expect(await Promise.race([ended, "under way"])).toBe("under way");
    expect(kept).toHaveLength(1);
    point.release();
    expect(await ended).toBe("ended");
    await begun;
  });
});

describe("an issuer that is away", () => {
  const down = () => Response.json({ error: "s3cret" }, { status: 500 });

  it("when nothing is known: 503, one attempt in five seconds (case 34)", async () => {
    const { show, pass } = isolate();
    idp.answer = down;
    const shown = await token();
    for (const told of await Promise.all(Array.from({ length: 20 }, () => show(shown)))) expectAway(told);
    expect(idp.reads).toHaveLength(1);
    pass(4_999);
    expectAway(await show(shown));
    expect(idp.reads).toHaveLength(1);
    pass(1);
    expectAway(await show(shown));
    expect(idp.reads).toHaveLength(2);
    idp.answer = undefined;
    pass(5_000);
    expect((await show(shown)).status).toBe(200);
    expect(idp.reads.map(({ init }) => init?.cache)).toEqual([undefined, "no-store", "no-store"]);
  });

  it("when keys are known: they go on for 24 hours, and not longer (case 35)", async () => {
    const { show, pass } = isolate();
    const shown = await token();
    expect((await show(shown)).status).toBe(200);
    idp.answer = down;
    pass(24 * HOUR - 1);
    expect((await show(shown)).status).toBe(200);
    expect(idp.reads).toHaveLength(2);
    pass(1);
    expectAway(await show(shown));
    pass(5_000);
    expectAway(await show(shown));
    expect(idp.reads).toHaveLength(3);
  });

  it("does not say of a key that it does not exist: 503, and no flood of attempts", async () => {
    const { show, pass } = isolate();
    await show(await token());
    idp.answer = down;
    pass(MINUTE);
    const ghost = await signedBy(await keyPair("ES256", "x"), "ghost");
    for (let n = 0; n < 10; n += 1) expectAway(await show(ghost));
    expect(idp.reads).toHaveLength(2);
    expect((await show(await token())).status).toBe(200);
  });

  it("holds nobody else up while it hangs: 503 after five seconds, and at once behind that (case 36)", async () => {
    const { ask, show } = whoApp({ JWT_ISSUER: ISSUER });
    const shown = await token();
    let hung = 0;
    idp.answer = (init) => {
      hung += 1;
      return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    };
    const begun = Date.now();
    const first = ask({ Authorization: `Bearer ${shown}` });
    const second = show(shown);
    for (const told of [await first, await second]) expectAway(told);
    const firstTook = Date.now() - begun;
    expect(firstTook).toBeGreaterThan(4_500);
    expect(firstTook).toBeLessThan(9_000);
    const later = Date.now();
    expectAway(await show(shown));
    expect(Date.now() - later).toBeLessThan(2_000);
    expect(hung).toBe(1);
  });

  it("is waited for by one request in ten seconds only, while its last good keys count", async () => {
    const { show, pass } = isolate();
    const shown = await token();
    await show(shown);
    pass(10 * MINUTE);
    idp.answer = down;
    expect((await show(shown)).status).toBe(200);
    pass(5_000);
    const point = gate();
    idp.answer = async () => {
      point.arrivals += 1;
      while (!point.released) await scheduler.wait(1);
      return down();
    };
    const looking = show(shown);
    await point.reached();
    // The one who looks is held; nobody else is.
    expect(statuses(await Promise.all([show(shown), show(shown)]))).toEqual([200]);
    point.release();
    expect((await looking).status).toBe(200);
    expect(idp.reads).toHaveLength(3);
  });
});

describe("an answer that is no set of keys (case 37)", () => {
  it.each<[string, () => Response]>([
    ["a redirect", () => Response.redirect("https://evil.test/keys", 302)],
    ["a page", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
    ["an empty object", () => Response.json({})],
    ["null", () => Response.json(null)],
    ["keys that are none", () => Response.json({ keys: ["k1"] })],
    ["nothing", () => new Response(null, { status: 204 })],
    ["an answer that breaks off", () => new Response('{"keys":[')],
  ])("is as if it were away: %s", async (_what, answer) => {
    const { show } = isolate();
    idp.answer = answer;
    expectAway(await show(await token()));
    expect(idp.reads).toHaveLength(1);
  });

  it("and a key that cannot be used verifies nothing; the others do", async () => {
    const { show } = isolate();
    const [good] = idp.keys as [KeyPair];
    const leaked = await keyPair("RS256", "leaked");
    const weak = (await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    )) as CryptoKeyPair;
    const keys = [
      good.jwk,
      { ...(await crypto.subtle.exportKey("jwk", leaked.privateKey)), kid: "leaked", alg: "RS256", key_ops: undefined },
      { ...(await crypto.subtle.exportKey("jwk", weak.publicKey)), kid: "weak", alg: "RS256", key_ops: undefined },
      { kty: "RSA", kid: "broken", alg: "RS256", n: "!", e: "AQAB" },
      { kty: "oct", kid: "secret", alg: "HS256", k: "AAAA" },
      { kty: "unicorn", kid: "unicorn" },
      { ...good.jwk, kid: "twice" },
      { ...good.jwk, kid: "twice" },
    ];
    idp.answer = () => Response.json({ keys });
    expect((await show(await signedBy(good))).status).toBe(200);
    for (const [pair, kid] of [
      [leaked, "leaked"],
      [good, "weak"],
      [good, "broken"],
      [good, "secret"],
      [good, "unicorn"],
      [good, "twice"],
    ] as const) {
      const { status, body } = await show(await signedBy(pair, kid));
      expect([kid, status, body.detail]).toEqual([kid, 401, SIGNATURE]);
    }
    const weakly = await rawToken(
      { alg: "RS256", kid: "weak" },
      JSON.stringify(idp.claimsOf("ada", DAYS)),
      weak.privateKey,
    );
    expect((await show(weakly)).body.detail).toBe(SIGNATURE);
  });
});

describe("a withdrawn key", () => {
  it("is refused once the keys are ten minutes old, by every request, though nobody asked in between (case 38)", async () => {
    const { show, pass } = isolate();
    const withdrawn = await token();
    expect((await show(withdrawn)).status).toBe(200);
    idp.keys = [await keyPair("ES256", "k2")];
    pass(10 * MINUTE - 1);
    expect((await show(withdrawn)).status).toBe(200);
    pass(3 * HOUR);
    const told = await Promise.all(Array.from({ length: 10 }, () => show(withdrawn)));
    expect(statuses(told)).toEqual([401]);
    expect(idp.reads).toHaveLength(2);
    expect((await show(await token())).status).toBe(200);
  });
});
