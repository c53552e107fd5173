import type { Team } from "../domain/team.ts";

export const support: Team = {
  id: "support",
  name: "Support",
  description: "A support desk: sorts a request, then answers it.",
  instructions:
    "You lead a support desk. Have the request sorted first, then have it answered with what was found, and give the " +
    "customer one answer in their language. Do not mention how the team works.",
  mode: "coordinate",
  members: ["triage", "resolver"],
};
