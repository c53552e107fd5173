import path from "node:path";
import type { Plugin } from "esbuild";

/**
 * Has each part that comes later begin with the page's first script, which is there by then. Otherwise the bundler makes a file
 * of each set of modules that some of the parts have in common, and the page begins with dozens of requests.
 */
export const behindStart = (main: string): Plugin => ({
  name: "behind-start",
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^/ }, async ({ kind, path: name, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || pluginData === "behind-start") return undefined;
      const found = await resolve(name, { kind, resolveDir, pluginData: "behind-start" });
      return { ...found, namespace: "behind-start" };
    });
    onLoad({ filter: /^/, namespace: "behind-start" }, ({ path: part }) => ({
      contents: `import ${JSON.stringify(main)}; export * from ${JSON.stringify(part)};`,
      resolveDir: path.dirname(part),
    }));
  },
});
