/** What routes are about, for the document: in the order in which readers meet them. */
export const TAGS = [
  { name: "Runs", description: "Agents and teams run, are read while they do, cancelled, and continued." },
  { name: "Chat", description: "Agents and teams as chats of AI SDK's `useChat`." },
  { name: "Requirements", description: "What runs wait for people to do, over all sessions." },
  { name: "Sessions", description: "Conversations: their names, state, tags and summaries, and the runs in them." },
  { name: "History", description: "What was said in a session, by page." },
  { name: "Search", description: "Words of names, and of what was said." },
  { name: "Jobs", description: "Changes of many sessions, done in the background." },
  { name: "Users", description: "What one user has used, and everything of a user erased." },
  { name: "Export and import", description: "Sessions as lines of JSON, out of a server and into one." },
  { name: "Client tokens", description: "Short tokens that a backend gets for the browser of one user." },
  { name: "Service Accounts", description: "Machines that call, with tokens and scopes of their own." },
  { name: "Audit", description: "Who did what others must be able to look up." },
  { name: "Discovery", description: "What a client learns before its first run." },
];
