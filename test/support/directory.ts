import { expect } from "vitest";

/** What a session in which nothing has happened shows beside AgentOS's keys. Keys that are null are left out. */
export const EMPTY_DIRECTORY = {
  tags: [],
  pinned: false,
  archived: false,
  run_count: 0,
  message_count: 0,
  open_requirements: 0,
};

/** The same with the keys that are null. */
export const EMPTY_DIRECTORY_WITH_NULLS = {
  ...EMPTY_DIRECTORY,
  pinned_at: null,
  archived_at: null,
  ttl_seconds: null,
  name_source: null,
  last_message: null,
};

/** The same of a session with one completed run. */
export const afterOneRun = (answer: string) => ({
  ...EMPTY_DIRECTORY,
  run_count: 1,
  message_count: 2,
  last_message: { role: "assistant", text: answer, created_at: expect.any(String) },
});
