import { tell } from "../app/notices.ts";
import type { Filter } from "../app/route.ts";
import { api, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { followJob, type Job } from "./jobs.ts";

/** Has a model name whatever has no name, of the agent or team and of the user that the list shows. */
export async function nameAll({ component, userId }: Filter): Promise<void> {
  const [kind, id] = component?.split("/") ?? [];
  const who = { ...(kind === "agents" && { agent_id: id }), ...(kind === "teams" && { team_id: id }) };
  try {
    const body = { filter: { unnamed: true, ...who, ...(userId !== null && { user_id: userId }) } };
    const { data: job } = await api.request<Job>("POST", "/sessions/names", { body });
    if (job.total === 0) tell({ text: texts.work.allNamed });
    else await followJob({ ...job, kind: "names" });
  } catch (error) {
    if (!refused(error)) tell({ tone: "wrong", ...toldOf(error) });
  }
}
