import { spawnSync } from "node:child_process";

/**
 * `npm run test:ui`: the inbox in a browser. What stands behind `--` goes to Node's runner, such as
 * `--test-name-pattern=approvals`: the runner takes flags before the file only, and npm puts them at the end.
 */
const { status } = spawnSync(process.execPath, ["--test", ...process.argv.slice(2), "test/ui/inbox.test.ts"], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
