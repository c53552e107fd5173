/**
 * Reads the flags that `npm start` passes to `wrangler dev`, in the way in which wrangler reads them. It uses nothing of
 * Node, because the tests run it in workerd.
 */

/** Flags that mean the same to `wrangler dev` and to the migration before it, with their short forms. */
const SHARED_FLAGS: readonly (readonly string[])[] = [["persist-to"], ["config", "c"], ["cwd"], ["env", "e"]];

/**
 * All values of a flag, in order. A flag is `--name VALUE` or `--name=VALUE`, and one that takes a list is `--name VALUE
 * VALUE`.
 */
export function flagValues(args: readonly string[], names: readonly string[], isList = false): string[] {
  const values: string[] = [];
  let reading = false;
  for (const arg of args) {
    const flag = readFlag(arg);
    if (flag === null) {
      if (reading) values.push(arg);
      reading = reading && isList;
      continue;
    }
    const named = names.includes(flag.name);
    if (named && flag.value !== null) values.push(flag.value);
    reading = named && (flag.value === null || isList);
  }
  return values;
}

/** The value of a flag. If it is given several times, the last one counts. */
export function flagValue(args: readonly string[], ...names: string[]): string | undefined {
  return flagValues(args, names).at(-1);
}

/** Whether the flag is there in any form, `--no-name` too. */
export function hasFlag(args: readonly string[], ...names: string[]): boolean {
  return args.some((arg) => {
    const name = readFlag(arg)?.name;
    return name !== undefined && (names.includes(name) || names.some((wanted) => name === `no-${wanted}`));
  });
}

/** Whether a flag is on; the last one counts. `--name`, `--name=true` and `--name true` are on, `--no-name` is off. */
export function isSwitchedOn(args: readonly string[], name: string): boolean {
  const at = args.findLastIndex((arg) => hasFlag([arg], name));
  const flag = readFlag(args[at] ?? "");
  if (flag === null || flag.name === `no-${name}`) return false;
  return (flag.value ?? args[at + 1]) !== "false";
}

/**
 * The variables that `--var KEY:VALUE` sets, split as wrangler does it. If a name is given several times, the last one
 * counts.
 */
export function variables(args: readonly string[]): Record<string, string> {
  const pairs = flagValues(args, ["var"], true).map((pair) => {
    const colon = pair.indexOf(":");
    return colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
  });
  return Object.fromEntries(pairs);
}

/** The flags that a migration needs to find the database that `wrangler dev` will serve with `args`. */
export function migrationFlags(args: readonly string[]): string[] {
  return SHARED_FLAGS.flatMap((names) => {
    // Only `wrangler dev` takes several configurations. The first one is that of this Worker and its database.
    const value = names.includes("config") ? flagValues(args, names)[0] : flagValue(args, ...names);
    return value === undefined ? [] : [`--${names[0]}=${value}`];
  });
}

function readFlag(arg: string): { name: string; value: string | null } | null {
  const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(arg);
  if (match?.[1] === undefined) return null;
  return { name: kebabCase(match[1]), value: match[2] ?? null };
}

/** Wrangler also takes flags such as `--persistTo`. */
const kebabCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
