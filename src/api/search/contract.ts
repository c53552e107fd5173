import { z } from "@hono/zod-openapi";
import { SESSION_TYPES } from "../../domain/session.ts";
import { MAX_QUERY_CHARS } from "../../lib/search-query.ts";
import { AgentId, integerOr, optionalParameter, parameter, SessionId, TeamId } from "../shared/request-fields.ts";
import { defineRoute, json } from "../shared/route.ts";
import { Highlights, searchMeta } from "../shared/shapes.ts";
import { count, idText, isoTime, text } from "../shared/values.ts";

const RANKS = ["newest", "relevance"] as const;

export const Rank = z.enum(RANKS).openapi({
  description: "Default newest: as they came. `relevance` puts the newest 1,000 matches in order of what they say.",
});

export const Query = z.string().max(MAX_QUERY_CHARS).openapi({
  description:
    'Words, all of which are looked for, in any case and without regard to accents; words in double quotes stand together. Nothing else has a meaning. Without a word, as in "!?", nothing is found.',
  example: 'kyoto "cherry blossom"',
});

const MessageHitShape = z
  .object({
    session_id: idText(),
    session_name: text("The name that shows.", "Kyoto in May"),
    session_type: z.enum(SESSION_TYPES),
    agent_id: idText("The agent that the session is of.").nullable(),
    team_id: idText("Or the team.").nullable(),
    user_id: idText().nullable(),
    run_id: idText(),
    message_id: idText(),
    run_index: count("The run's place in the session."),
    message_index: count("The message's place in the run."),
    role: z.enum(["user", "assistant"]),
    created_at: isoTime(),
    snippet: text(
      "The part of the message around what was found: one line of at most 200 characters, secrets masked.",
      "Hello from Kyoto",
    ),
    highlights: Highlights,
  })
  .openapi("MessageHit");

const MessageHits = z
  .object({
    data: z.array(MessageHitShape),
    meta: z.object({ limit: count(), next_cursor: z.string().nullable(), ...searchMeta }),
  })
  .openapi("MessageHits");

export const searchMessages = defineRoute({
  method: "get",
  path: "/search",
  operationId: "search_messages",
  scope: ["sessions:read"],
  user: "caller",
  summary: "What users and agents said",
  description:
    "Over the messages of the sessions that the caller may see, archived ones too. A page may hold fewer than asked for, or none, and yet have a `next_cursor`. The first 256 KB of a message are searched.",
  tags: ["Search"],
  request: {
    query: z.object({
      q: parameter(Query),
      agent_id: optionalParameter(AgentId).openapi({ description: "Only of this agent's sessions." }),
      team_id: optionalParameter(TeamId).openapi({ description: "Only of this team's sessions." }),
      session_id: optionalParameter(SessionId).openapi({ description: "Only of this session." }),
      rank: optionalParameter(Rank),
      limit: integerOr(20, { description: "How many at most.", ge: 1, le: 100 }),
      cursor: optionalParameter(z.string()).openapi({ description: "Where an earlier answer ended." }),
    }),
  },
  responses: { 200: json(MessageHits, "A page of messages") },
});
