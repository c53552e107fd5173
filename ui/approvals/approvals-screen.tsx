import { texts } from "../texts/index.ts";

export function ApprovalsScreen() {
  return <h1>{texts.approvals.title}</h1>;
}
