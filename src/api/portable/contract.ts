import { z } from "@hono/zod-openapi";
import {
  AgentId,
  booleanOr,
  DatabaseParameter,
  optionalParameter,
  SessionId,
  UserId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, IMPORT_PATH, json } from "../shared/route.ts";
import { count, idText, like } from "../shared/values.ts";

/** The content type of lines, each of which is a JSON value. */
export const NDJSON = "application/x-ndjson";

const tags = ["Export and import"];

const cursor = optionalParameter(z.string()).openapi({
  description: "The `cursor` of an export's last line: goes on right behind it.",
});

const LINES = '{"type":"end","sessions":0}\n';
const CONVERSATION = '[{"role":"user","content":"Hello!"},{"role":"assistant","content":"Hi."}]\n';

/** `content` is optional, so that the types let handlers answer a stream. */
const lines: { description: string; content?: Record<string, { schema: z.ZodType }> } = {
  description: "The lines",
  content: { [NDJSON]: { schema: like(LINES) } },
};

const exported =
  "A line is `session`, and behind it each `run` with its `message` lines and the `requirement` lines of what it waited for, then `session_end`; the last line is `end`. Where it is `cursor`, the export was too long for one answer: asked for with that cursor it goes on, and the parts put together are the whole. Without either it broke off. Runs that are active or waiting are left out, deleted sessions too, archived ones are there.";

export const exportSession = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/export",
  operationId: "export_session",
  scope: ["sessions:read"],
  isCostly: true,
  user: "caller",
  summary: "Write out a session as lines of JSON",
  description: exported,
  tags,
  request: {
    params: z.object({ session_id: SessionId }),
    query: z.object({ cursor, db_id: DatabaseParameter }),
  },
  responses: { 200: lines, ...failures(404) },
});

export const exportUser = defineRoute({
  method: "get",
  path: "/users/{user_id}/export",
  operationId: "export_user",
  scope: ["sessions:read"],
  isCostly: true,
  user: "caller",
  summary: "Write out all sessions of a user as lines of JSON",
  description: exported,
  tags,
  request: { params: z.object({ user_id: UserId }), query: z.object({ cursor, db_id: DatabaseParameter }) },
  responses: { 200: lines },
});

export const exportAll = defineRoute({
  method: "get",
  path: "/export",
  operationId: "export_sessions",
  scope: ["sessions:read"],
  isCostly: true,
  user: "caller",
  summary: "Write out all sessions as lines of JSON",
  description: exported,
  tags,
  request: {
    query: z.object({
      cursor,
      all: booleanOr(false, "The sessions of all users. Needed where no `user_id` names one."),
    }),
  },
  responses: { 200: lines },
});

const ImportReport = z
  .object({
    imported: count("How many sessions are there now that were not."),
    skipped: count("How many were left alone because their id is taken."),
    failed: count("How many are not there, whole or in part, because of what `reason` says."),
    sessions: z
      .array(
        z.object({
          session_id: like("my-session"),
          new_session_id: idText("Where it got an id of its own.").optional(),
          status: z.enum(["imported", "skipped", "failed"]),
          reason: z.string().optional().openapi({ description: "Why; or what of it was left out." }),
          busy: z.boolean().optional().openapi({
            description:
              "Skipped because another import is writing it, which may have died: import it again in two minutes.",
          }),
          line: count("The line that it begins with."),
        }),
      )
      .openapi({ description: "What became of each, in the order of the file." }),
    errors: z
      .array(
        z.object({
          line: count(),
          message: like("a message must have a role"),
          note: z.boolean().optional().openapi({ description: "Nothing failed: a value was changed." }),
        }),
      )
      .openapi({ description: "What is wrong with single lines, or was changed in them, the first 1,000." }),
    complete: z.boolean().openapi({
      description:
        "Whether the import came to the end of what was sent. It stops behind 1,000 sessions, behind 1,000 lines that cannot be read, and where one request has no room for another session. What is reported of `next_line` and lines behind it is reported again by the request that goes on there.",
    }),
    next_line: count("The line to go on from with another request, where it did not.").nullable(),
  })
  .openapi("ImportReport");

export const importSessions = defineRoute({
  method: "post",
  path: IMPORT_PATH,
  operationId: "import_sessions",
  scope: ["sessions:write", "users:act"],
  user: "owner",
  summary: "Take in what was exported, the rows of an Agno database, or conversations",
  description:
    "Lines of JSON as an export writes them, of any length in all and of 8 MB each; also the rows of Agno's `agno_sessions`, and of `agno_runs` behind their session; also whole conversations, one a line: a list of messages in OpenAI's format, or one element of ChatGPT's `conversations.json`. A session shows when all of it is there; one that is broken is left out, and the others come in. A body in which no line is of any of these kinds is refused.",
  tags,
  request: {
    query: z.object({
      agent_id: optionalParameter(AgentId).openapi({
        description: "The agent of conversations. All other lines say it themselves.",
      }),
      more: booleanOr(
        false,
        "More of the file follows. A session whose end is missing is then not reported as failed: `next_line` says where it begins, and the next request sends it from there.",
      ),
      on_conflict: optionalParameter(z.enum(["skip", "new"])).openapi({
        description: "Of a session whose id is taken: `skip` (default) leaves it out, `new` gives it new ids.",
      }),
    }),
    body: { required: false, content: { [NDJSON]: { schema: like(CONVERSATION) } } },
  },
  responses: { 200: json(ImportReport, "What became of each session") },
});
