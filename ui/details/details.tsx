import { later, lazy } from "../parts/lazy.tsx";

const part = later(() => import("./details-drawer.tsx"));

/** The details of a session, whose code comes when they are first opened. */
export const Details = lazy(part, ({ DetailsDrawer }) => DetailsDrawer);

/** For what opens them. */
export const detailsAimed = part.aimed;
