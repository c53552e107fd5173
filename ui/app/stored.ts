/** A place of the browser's that keeps texts by name. One that is full, or forbidden, keeps nothing, and the page does without. */
export type Place = Pick<Storage, "getItem" | "setItem" | "removeItem">;
/** One that says, too, what it keeps. */
export type ListedPlace = Place & { keys(): string[] };

/** Kept as long as the tab is open. */
export const tab = placeOf(() => sessionStorage);
/** Kept on the device, for all tabs. */
export const device = placeOf(() => localStorage);

const places = { tab, device };
export type Where = keyof typeof places;

/** What is kept as JSON. */
export function readStored<T extends object>(where: Where, key: string): Partial<T> {
  try {
    return Object(JSON.parse(places[where].getItem(key) ?? "{}")) as Partial<T>;
  } catch {
    return {};
  }
}

export const store = (where: Where, key: string, value: object): void =>
  places[where].setItem(key, JSON.stringify(value));

/** A browser may forbid that it is asked for at all. */
function placeOf(storage: () => Storage): ListedPlace {
  const tried = <T>(act: () => T, otherwise: T): T => {
    try {
      return act();
    } catch {
      return otherwise;
    }
  };
  return {
    getItem: (key) => tried(() => storage().getItem(key), null),
    setItem: (key, value) => tried(() => storage().setItem(key, value), undefined),
    removeItem: (key) => tried(() => storage().removeItem(key), undefined),
    keys: () => tried(() => Object.keys(storage()), []),
  };
}
