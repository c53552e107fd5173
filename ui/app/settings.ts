import { effect, signal } from "@preact/signals";
import { readStored, store } from "./stored.ts";

/** What this browser keeps of how its user likes the page. */
export interface Settings {
  theme: "auto" | "light" | "dark";
  /** Whether single keys do something (WCAG 2.1.4). */
  hasShortcuts: boolean;
}

const KEY = "edge-sessions.settings";
const DEFAULTS: Settings = { theme: "auto", hasShortcuts: true };

export const settings = signal<Settings>({ ...DEFAULTS, ...readStored<Settings>("device", KEY) });

/** Keeps what is changed, and has the page look as it says. */
export function applySettings(): void {
  effect(() => {
    const { theme } = settings.value;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    store("device", KEY, settings.value);
  });
}
