/** The tag by which people see what they are. Whoever takes it away keeps the conversation. */
export const EXAMPLE_TAG = "example";
const ENTRY = "edge_sessions_example";

/** What an example's metadata says. A tag may be a person's own, and a fork takes its origin's metadata along: the id is in it. */
export const exampleMetadata = (sessionId: string) => ({ [ENTRY]: sessionId });

type Marked = { session_id: string; tags: readonly string[]; metadata?: Record<string, unknown> | null };

export const isExample = ({ session_id: id, tags, metadata }: Marked): boolean =>
  tags.includes(EXAMPLE_TAG) && metadata?.[ENTRY] === id;
