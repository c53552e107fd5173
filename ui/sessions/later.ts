import { later } from "../parts/lazy.tsx";

export const seldom = later(() => import("./seldom.ts"));
