import path from "node:path";
import type { Plugin } from "esbuild";

/** Parts that are small, and used at about the same time: together they are packed better, and are one request. */
const TOGETHER = [
  ["access/connect-screen.tsx", "begin/begin-screen.tsx", "begin/example-offer.tsx"],
  ["frame/shortcut-help.tsx", "inbox/narrowing.ts", "sessions/seldom.ts"],
  ["details/details-drawer.tsx", "work/under-way.ts"],
];

/**
 * Has each part that comes later begin with the page's first script, which is there by then. Otherwise the bundler makes a file
 * of each set of modules that some of the parts have in common, and the page begins with dozens of requests.
 */
export const behindStart = (main: string): Plugin => ({
  name: "behind-start",
  setup({ onLoad, onResolve, resolve }) {
    const page = path.dirname(main);
    const membersOf = (part: string): readonly string[] => TOGETHER.find((all) => all.includes(part)) ?? [part];
    onResolve({ filter: /^/ }, async ({ kind, path: name, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || pluginData === "behind-start") return undefined;
      const found = await resolve(name, { kind, resolveDir, pluginData: "behind-start" });
      const part = path.relative(page, found.path).replaceAll(path.sep, "/");
      // By its path below the page: in any folder the same files are made.
      return { ...found, path: membersOf(part)[0] ?? part, namespace: "behind-start" };
    });
    onLoad({ filter: /^/, namespace: "behind-start" }, ({ path: part }) => ({
      contents: [
        `import "./${path.basename(main)}";`,
        ...membersOf(part).map((one) => `export * from "./${one}";`),
      ].join(""),
      resolveDir: page,
    }));
  },
});
