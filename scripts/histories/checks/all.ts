import type { Finding, SessionRecord } from "../record.ts";
import { DIRECTORY_RULES } from "./directory.ts";
import { EVENT_RULES } from "./events.ts";
import { findings, type Rule } from "./facts.ts";
import { FORK_RULES } from "./forks.ts";
import { ORDER_RULES } from "./order.ts";
import { PRESENCE_RULES } from "./presence.ts";
import { PROMPT_RULES } from "./prompts.ts";
import { ROW_RULES } from "./row.ts";
import { RUN_RULES } from "./runs.ts";
import { TOOL_RULES } from "./tools.ts";

export const RULES: readonly Rule[] = [
  ...RUN_RULES,
  ...ORDER_RULES,
  ...PROMPT_RULES,
  ...TOOL_RULES,
  ...ROW_RULES,
  ...PRESENCE_RULES,
  ...DIRECTORY_RULES,
  ...EVENT_RULES,
  ...FORK_RULES,
];

/** Finds what is wrong with what was seen of a session. */
export const check = (record: SessionRecord): Finding[] => findings(RULES, record);
