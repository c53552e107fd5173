/** The page of what waits for people, and the same in a conversation. Comes when something waits, or is looked for. */
export { ApprovalsScreen } from "./approvals-screen.tsx";
export { SeenCalls } from "./seen-calls.tsx";
