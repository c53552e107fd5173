/** Which sessions the list shows. It stands in the address beside the screen, so that a reload and a link show the same. */
export interface Filter {
  view: View;
  tag: string | null;
  /** `agents/<id>` or `teams/<id>`. */
  component: string | null;
  /** Of staff only: of one user. */
  userId: string | null;
  /** What is looked for, in names and in what was said. */
  words: string;
}

export const VIEWS = ["all", "waiting", "unread", "pinned", "archived"] as const;
export type View = (typeof VIEWS)[number];

export type Screen =
  | { screen: "inbox" }
  /** `runId`: the run that is shown first, such as one that a search has found. */
  | { screen: "session"; sessionId: string; hasDetails: boolean; runId: string | null }
  | { screen: "approvals" }
  | { screen: "new" }
  | { screen: "connect" };

export type Route = Screen & { filter: Filter };

export const EVERYTHING: Filter = { view: "all", tag: null, component: null, userId: null, words: "" };

/** What the address shows. One that is none shows the inbox. */
export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  return { ...readScreen(path.split("/").map(decoded)), filter: readFilter(new URLSearchParams(query)) };
}

/** The address of a screen. */
export function routeHash({ filter, ...screen }: Route): string {
  const query = filterQuery(filter).toString();
  return `#/${pathOf(screen)}${query === "" ? "" : `?${query}`}`;
}

function readScreen([name = "", id = "", part = "", runId = ""]: string[]): Screen {
  if (name === "s" && id !== "") {
    return {
      screen: "session",
      sessionId: id,
      hasDetails: part === "details",
      runId: part === "r" && runId !== "" ? runId : null,
    };
  }
  if (name === "approvals" || name === "new" || name === "connect") return { screen: name };
  return { screen: "inbox" };
}

function pathOf(screen: Screen): string {
  if (screen.screen === "inbox") return "";
  if (screen.screen !== "session") return screen.screen;
  const { sessionId, hasDetails, runId } = screen;
  const rest = hasDetails ? "/details" : runId === null ? "" : `/r/${encodeURIComponent(runId)}`;
  return `s/${encodeURIComponent(sessionId)}${rest}`;
}

function readFilter(query: URLSearchParams): Filter {
  const view = VIEWS.find((one) => one === query.get("view")) ?? "all";
  return {
    view,
    tag: query.get("tag"),
    component: query.get("component"),
    userId: query.get("user"),
    words: query.get("q") ?? "",
  };
}

export const isSameFilter = (one: Filter, other: Filter): boolean => `${filterQuery(one)}` === `${filterQuery(other)}`;

function filterQuery({ view, tag, component, userId, words }: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (view !== "all") query.set("view", view);
  if (tag !== null) query.set("tag", tag);
  if (component !== null) query.set("component", component);
  if (userId !== null) query.set("user", userId);
  if (words !== "") query.set("q", words);
  return query;
}

/** A part of an address that a person has typed may hold a `%` that escapes nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
