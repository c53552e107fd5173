import { effect, signal } from "@preact/signals";

/** What this browser keeps of how its user likes the page. */
export interface Settings {
  theme: "auto" | "light" | "dark";
  /** Whether single keys do something (WCAG 2.1.4). */
  hasShortcuts: boolean;
}

const KEY = "edge-sessions.settings";
const DEFAULTS: Settings = { theme: "auto", hasShortcuts: true };

export const settings = signal<Settings>(read());

/** Keeps what is changed, and has the page look as it says. */
export function applySettings(): void {
  effect(() => {
    const { theme } = settings.value;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, JSON.stringify(settings.value));
    } catch {
      // A browser that keeps nothing still shows it.
    }
  });
}

function read(): Settings {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}
