import { later } from "../parts/lazy.tsx";

export const approvals = later(() => import("./asking.ts"));
