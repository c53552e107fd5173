// `wrangler types` declares these two interfaces separately, and tests need the binding on each.
interface Env {
  TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
}
declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}

// The test runner has Vite's `import.meta.glob`, but its types for Workers do not declare it.
interface ImportMeta {
  glob<T>(
    pattern: string | readonly string[],
    options: { query: string; import: string; eager: true },
  ): Record<string, T>;
}
