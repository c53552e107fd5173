import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { databaseShape, differences } from "./migrations/database-shape.ts";
import { stopGroupsAtEnd } from "./server/process-group.ts";
import { migrate, PROJECT_DIR, StartError } from "./server/wrangler.ts";

/** The same as in drizzle.config.ts. */
const SCHEMA = "src/store/schema/tables.ts";
const MIGRATIONS = path.join(PROJECT_DIR, "migrations");
const GENERATE = "Run `npm run db:generate -- --name what_it_does` and commit what it writes.";

/**
 * `npm run db:check`: checks that the schema and the migrations make the same tables, and that wrangler applies the
 * migrations. It works on copies, so the work tree stays as it is. It does not see an edit of an old migration that makes no
 * difference to the tables.
 */
async function checkMigrations(workDir: string): Promise<void> {
  const checked = drizzleKit("check", MIGRATIONS);
  if (!checked.includes("Everything's fine")) {
    throw new StartError(`The migrations contradict each other:\n${checked}`);
  }
  requireSameFiles();
  requireNothingToGenerate(path.join(workDir, "migrations"));
  requireSameTables(path.join(workDir, "from-scratch"));
  await requireApplied(path.join(workDir, "state"));
}

/** Wrangler applies all migrations to an empty database, as it does for `npm start` and `npm run migrate`. */
async function requireApplied(stateDir: string): Promise<void> {
  const applied = await migrate([`--persist-to=${stateDir}`]);
  const files = sqlFiles(MIGRATIONS).length;
  if (applied !== files) throw new StartError(`Wrangler applied ${applied} of ${files} migrations.`);
}

/** Wrangler applies every SQL file; drizzle-kit knows only those of its journal. */
function requireSameFiles(): void {
  const journal: { entries: { tag: string }[] } = JSON.parse(
    readFileSync(path.join(MIGRATIONS, "meta/_journal.json"), "utf8"),
  );
  const known = new Set(journal.entries.map(({ tag }) => `${tag}.sql`));
  const files = new Set(sqlFiles(MIGRATIONS));
  const stray = [...files].filter((file) => !known.has(file));
  const missing = [...known].filter((file) => !files.has(file));
  if (stray.length + missing.length === 0) return;
  const sentences = [
    ...stray.map((file) => `migrations/${file} is not in migrations/meta/_journal.json.`),
    ...missing.map((file) => `migrations/${file} is in migrations/meta/_journal.json, but not there.`),
  ];
  throw new StartError(
    `${sentences.join("\n")}\nMigrations are made by \`npm run db:generate\`, also empty ones (-- --custom).`,
  );
}

function requireNothingToGenerate(copy: string): void {
  cpSync(MIGRATIONS, copy, { recursive: true });
  const before = new Set(sqlFiles(copy));
  const said = drizzleKit("generate", copy);
  const added = sqlFiles(copy).filter((file) => !before.has(file));
  if (added.length > 0) {
    const sql = added.map((file) => readFileSync(path.join(copy, file), "utf8")).join("\n");
    throw new StartError(`${SCHEMA} has changes that no migration makes:\n\n${sql}\n${GENERATE}`);
  }
  // drizzle-kit exits with 0 even where it fails, for example because it would have to ask what was renamed.
  if (!said.includes("No schema changes")) {
    throw new StartError(`drizzle-kit cannot say by itself what changed in ${SCHEMA}:\n\n${said}\n${GENERATE}`);
  }
}

function requireSameTables(fromScratch: string): void {
  drizzleKit("generate", fromScratch);
  const wanted = databaseShape(sqlIn(fromScratch));
  if (wanted.size === 0) throw new StartError(`${SCHEMA} has no tables.`);
  const wrong = differences(wanted, databaseShape(sqlIn(MIGRATIONS)));
  if (wrong.length === 0) return;
  throw new StartError(
    `The migrations make other tables than ${SCHEMA} says. Compared to it, their database\n\n  ${wrong.join("\n  ")}\n\n` +
      "Was one edited by hand? Restore it: databases that have it already would not get the change. Then change the " +
      `schema. ${GENERATE}`,
  );
}

const sqlFiles = (dir: string): string[] =>
  readdirSync(dir)
    .filter((file) => file.endsWith(".sql"))
    .sort();

const sqlIn = (dir: string): string =>
  sqlFiles(dir)
    .map((file) => readFileSync(path.join(dir, file), "utf8"))
    .join("\n;\n");

/** Runs a command of drizzle-kit on a folder of migrations. Answers all that it prints. */
function drizzleKit(command: "check" | "generate", out: string): string {
  const bin = path.join(PROJECT_DIR, "node_modules/drizzle-kit/bin.cjs");
  if (!existsSync(bin)) throw new StartError("drizzle-kit is not installed. Run `npm ci` first.");
  // drizzle-kit puts ./ before the folder, so only a relative path works.
  const flags = ["--dialect=sqlite", `--out=${path.relative(PROJECT_DIR, out)}`];
  if (command === "generate") flags.push(`--schema=${SCHEMA}`);
  const { stdout, stderr, error } = spawnSync(process.execPath, [bin, command, ...flags], {
    cwd: PROJECT_DIR,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  return `${stdout}${stderr}`;
}

const workDir = mkdtempSync(path.join(tmpdir(), "edge-sessions-migrations-"));
stopGroupsAtEnd();
try {
  await checkMigrations(workDir);
  console.log(`The schema and the ${sqlFiles(MIGRATIONS).length} migration(s) agree, and wrangler applies them.`);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(workDir, { recursive: true, force: true });
}
