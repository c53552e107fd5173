/** What this browser keeps as JSON: as long as the tab is open, or on the device. One that keeps nothing forgets it with the page. */
export type Where = "tab" | "device";

export function readStored<T extends object>(where: Where, key: string): Partial<T> {
  try {
    return JSON.parse(storageOf(where).getItem(key) ?? "{}") as Partial<T>;
  } catch {
    return {};
  }
}

export function store(where: Where, key: string, value: object): void {
  try {
    storageOf(where).setItem(key, JSON.stringify(value));
  } catch {
    // Full, or forbidden.
  }
}

const storageOf = (where: Where): Storage => (where === "tab" ? sessionStorage : localStorage);
