import { beforeEach, vi } from "vitest";

export interface CapturedLogs {
  lines: string[];
  /** The `access` lines, read. */
  access(): Record<string, unknown>[];
}

/** Everything that is logged in a test, once per file. */
export function captureLogs(): CapturedLogs {
  const captured: CapturedLogs = {
    lines: [],
    access: () => captured.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "access"),
  };
  beforeEach(() => {
    captured.lines = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...said: unknown[]) => {
        captured.lines.push(said.map(String).join(" "));
      });
    }
  });
  return captured;
}
