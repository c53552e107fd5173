import { AppError, databaseUnavailable } from "../../domain/error.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { wrongField } from "../../http/field-errors.ts";
import { firstMessageLine } from "../../names/typed-name.ts";
import { type ExportState, readExportCursor } from "../../portable/export/cursor.ts";
import { Export, type ExportScope } from "../../portable/export/export.ts";
import { importLines } from "../../portable/import/importer.ts";
import { noteAct } from "../audit/note-act.ts";
import { readCursor } from "../shared/cursor.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts, requireSession } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import { exportAll, exportSession, exportUser, importSessions, NDJSON } from "./contract.ts";

/** Export and import: sessions as lines of JSON, out of one deployment and into another. */
export function portableRouter(dependencies: Pick<RouteDependencies, "now" | "newId" | "session">) {
  const { now, newId, session } = dependencies;
  const router = newRouter();

  router.openapi(exportSession, async (c) => {
    const { session_id } = c.req.valid("param");
    await requireSession(c, session_id, {}, notFoundTexts.change(session_id));
    return exported(c, { principal: principal(c), sessionId: session_id }, c.req.valid("query").cursor);
  });

  router.openapi(exportUser, (c) =>
    exported(c, { principal: principal(c), sessionId: null }, c.req.valid("query").cursor),
  );

  router.openapi(exportAll, (c) => {
    const { all, cursor } = c.req.valid("query");
    const caller = principal(c);
    // A client that resolves `/users/../export` sends this path without a user. It must not get everybody's sessions.
    if (caller.userId === null && !all) throw wrongField("query", "user_id", "give user_id, or all=true", undefined);
    if (caller.userId !== null && all) throw wrongField("query", "all", "give user_id or all, not both", true);
    return exported(c, { principal: caller, sessionId: null }, cursor);
  });

  router.openapi(importSessions, async (c) => {
    const { on_conflict, agent_id, more } = c.req.valid("query");
    const caller = principal(c);
    const options = {
      onConflict: on_conflict ?? ("skip" as const),
      agentId: agent_id ?? null,
      principal: caller,
      more,
    };
    await noteAct(c, dependencies, { action: "sessions.imported", target: caller.userId });
    const imported = await importLines(c.req.raw.body, options, {
      db: database(c),
      now,
      newId,
      preview: firstMessageLine,
      onShown: (sessionId) => session(c.get("config"), sessionId).index(),
    });
    if (imported.kind === "nothing") {
      const { line, problem } = imported;
      throw wrongField("body", [], `nothing in it can be imported. Line ${line}: ${problem}`, undefined);
    }
    return c.json(imported.report, 200);
  });

  async function exported(c: AppContext, scope: ExportScope, cursor: string | undefined): Promise<Response> {
    const { principal: caller, sessionId } = scope;
    const source = new Export(
      database(c),
      scope,
      readCursor(cursor, (text) => stateOf(text, scope), NO_CURSOR),
    );
    if (!caller.confined) {
      await noteAct(c, dependencies, { action: "sessions.exported", target: sessionId ?? caller.userId });
    }
    return answered(source);
  }

  return router;
}

const NO_CURSOR = "this is no cursor of such an export";

async function answered(source: Export): Promise<Response> {
  // The first lines are read before the answer begins, so that a failure can still be answered as one.
  const first = await source.next();
  if (first?.startsWith('{"type":"cursor"')) throw new AppError(databaseUnavailable());
  return new Response(linesOf(source, first ?? ""), {
    headers: { "Content-Type": NDJSON, "Cache-Control": "no-store" },
  });
}

/** Where an export goes on; null for a cursor of another export. */
function stateOf(cursor: string, { sessionId }: ExportScope): ExportState | null {
  const state = readExportCursor(cursor);
  return sessionId === null || state?.behind?.sessionId === sessionId ? state : null;
}

const encoder = new TextEncoder();

function linesOf(source: Export, first: string): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(first));
      },
      async pull(controller) {
        // A page of an export has no line if all of its runs are left out.
        let text = await source.next();
        while (text === "") text = await source.next();
        if (text === null) {
          controller.close();
        } else {
          controller.enqueue(encoder.encode(text));
        }
      },
    },
    // Nothing is read before the caller asks for it, and nothing once the caller has left.
    { highWaterMark: 0 },
  );
}
