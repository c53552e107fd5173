import { lazy } from "../parts/lazy.tsx";

/** The details of a session, whose code comes when they are first opened. */
export const Details = lazy<{ sessionId: string }>(() =>
  import("./details-drawer.tsx").then(({ DetailsDrawer }) => DetailsDrawer),
);
