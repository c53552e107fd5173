/** An agent or a team that the caller may read, as far as the page names it. */
export interface Component {
  kind: "agent" | "team";
  id: string;
  name: string;
  description: string;
  /** The model's name; empty where the server does not say it. */
  model: string;
}
