import { PREVIEW_CHARS } from "../../domain/limits.ts";
import type { RunPreview } from "../../domain/run.ts";
import { shownError, type View } from "../../domain/view.ts";
import { pausedContent } from "../../engine/people/requirement-json.ts";
import { isoSeconds, withoutNulls } from "../shared/json.ts";

/** AgentOS's SessionRunPreviewSchema: what `runItem` shows of the run, cut. */
export function runPreviewJson(run: RunPreview, view: View) {
  return withoutNulls({
    run_id: run.runId,
    parent_run_id: run.parentRunId ?? "",
    agent_id: run.agentId,
    team_id: run.teamId,
    user_id: run.userId ?? "",
    status: run.status,
    run_input: run.input,
    content_preview: contentOf(run, view),
    created_at: isoSeconds(run.createdAt),
  });
}

function contentOf({ status, error, said, waitsFor }: RunPreview, view: View): string {
  if (status === "ERROR") return error === null ? "" : cut(shownError(error, view).message);
  return said === "" && status === "PAUSED" ? pausedContent(waitsFor.map((kind) => ({ kind }))) : said;
}

/** By code points, as D1 cuts what a run said. */
const cut = (text: string) => Array.from(text).slice(0, PREVIEW_CHARS).join("");
