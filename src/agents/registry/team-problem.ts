import { isTeam, membersOf, type Registry, TEAM_MODES, type Team } from "../../domain/team.ts";

/** What is wrong with a team's mode and members, as a sentence; null when nothing is. */
export function teamProblem(team: Team, registry: Registry): string | null {
  const { name, mode, members } = team;
  if (!TEAM_MODES.includes(mode)) {
    return `Team '${name}' has the unknown mode '${mode}'. The modes are ${TEAM_MODES.join(", ")}.`;
  }
  if (members.length === 0) return `Team '${name}' has no members. Name at least one.`;
  const unknown = members.find((id) => !registry.agents.has(id) && !registry.teams.has(id));
  if (unknown !== undefined) {
    return `Team '${name}' names the member '${unknown}', which is no agent or team of this deployment.`;
  }
  const twice = members.find((id, nth) => members.indexOf(id) !== nth);
  if (twice !== undefined) return `Team '${name}' names the member '${twice}' twice.`;
  const path = pathTo(team.id, [team], registry);
  return path === null ? null : `Team '${name}' contains itself: ${path.map(({ id }) => id).join(" > ")}.`;
}

/** The first way from the last team of a path down to a team with this id, that team included; null when there is none. */
function pathTo(id: string, path: readonly Team[], registry: Registry): readonly Team[] | null {
  const last = path.at(-1);
  const inner = last === undefined ? [] : membersOf(registry, last).filter(isTeam);
  for (const team of inner) {
    const longer = [...path, team];
    if (team.id === id) return longer;
    // A circle that does not touch this team is the fault of those in it.
    const found = path.includes(team) ? null : pathTo(id, longer, registry);
    if (found !== null) return found;
  }
  return null;
}
