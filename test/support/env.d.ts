// `wrangler types` declares both names separately; tests need the binding on each.
interface Env {
  TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
}
declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}

// Vite's, which the test runner has and its types for Workers do not.
interface ImportMeta {
  glob<T>(
    pattern: string | readonly string[],
    options: { query: string; import: string; eager: true },
  ): Record<string, T>;
}
