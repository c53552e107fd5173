import { open } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { SessionList } from "../packages/client/src/index.ts";
import { LastLines } from "./portable/last-lines.ts";
import { counted, megabytes, progressLine, shower } from "./portable/progress.ts";
import { ask, DEFAULT_URL, type Server, serverAt } from "./portable/server.ts";

const USAGE = `Exports sessions of a server as lines, however many they are, and shows how far it is.

  npm run export -- FILE [options]

  --url URL        the server (http://127.0.0.1:8787); its key is read from OS_SECURITY_KEY
  --user-id ID     only the sessions of this user

Writes behind what FILE holds already: where the export was stopped, cut or killed, the same command goes on from the
last cursor in FILE. The exit code is 0 when the export is whole.`;

/** `npm run export`. Answers the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: "string", default: DEFAULT_URL },
      "user-id": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0 || values.help) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const { show, end } = shower();
  const server = serverAt(values.url, show);
  const file = await open(path, "a+");
  try {
    const lines = await LastLines.of(file);
    if (lines.isWhole) {
      console.log(`${path} is whole already.`);
      return 0;
    }
    if (lines.isForeign) {
      console.error(`${path} holds something that is no export. It is left as it is.`);
      return 2;
    }
    if (lines.cursor !== null) console.error(`Going on behind the ${lines.soundSessions} sessions that ${path} holds.`);
    const tell = await teller(server, values["user-id"], show);
    while (!lines.isWhole) {
      await answer(server, values["user-id"], lines, tell);
      tell(lines);
    }
    await file.sync();
    end();
    console.log(`${path}: ${counted({ sessions: lines.sessions })}, ${megabytes(lines.bytes)}.`);
    return 0;
  } finally {
    end();
    await file.close();
  }
}

/** Asks for what follows the last cursor, and writes it down. */
async function answer(server: Server, user: string | undefined, lines: LastLines, tell: Tell): Promise<void> {
  const scope = user === undefined ? { all: true } : { user_id: user };
  const read = async ({ body }: Response, heard: () => void) => {
    // What stands behind the last cursor is of an answer that broke off.
    await lines.cutBack();
    for await (const piece of body ?? []) {
      heard();
      await lines.write(piece);
      tell(lines);
    }
    lines.ended();
  };
  await ask(server, { method: "GET", path: "/export", query: { ...scope, cursor: lines.cursor }, read });
}

type Tell = (lines: LastLines) => void;

async function teller(server: Server, user: string | undefined, show: (line: string) => void): Promise<Tell> {
  const whole = await sessionsOn(server, user);
  return ({ bytes, sessions }) => show(progressLine(sessions, whole, `${megabytes(bytes)} · ${counted({ sessions })}`));
}

/** How many sessions there are; null where there are too many to count. */
async function sessionsOn(server: Server, user: string | undefined): Promise<number | null> {
  const { meta } = await ask(server, {
    method: "GET",
    path: "/sessions",
    query: { archived: "all", limit: 1, user_id: user },
    read: async (response) => (await response.json()) as SessionList,
  });
  return meta.total_count === undefined || meta.total_count_capped === true ? null : meta.total_count;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();
