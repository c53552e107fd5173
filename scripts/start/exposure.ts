/**
 * Decides whether other machines could call the server that `npm start` is about to start. In development without a key,
 * only the host name in a request protects the server, and a program that is no browser may send any host name. It uses
 * nothing of Node, because the tests run it in workerd.
 */

import { isSwitchedOn } from "../server/flags.ts";

/** The flag that opens the server to other machines; null when nothing does. */
export function exposure(args: readonly string[], ip: string): string | null {
  if (!isLoopbackAddress(ip)) return `--ip ${ip}`;
  return isSwitchedOn(args, "tunnel") ? "--tunnel" : null;
}

/** The text that is shown when `npm start` refuses to start without a key. */
export function withoutKey(exposed: string): string {
  return (
    `With ${exposed} other machines reach the server, and without a key anyone there could read and change everything.\n` +
    "Set one: OS_SECURITY_KEY=… npm start -- …, or leave the flag out."
  );
}

function isLoopbackAddress(ip: string): boolean {
  return ip === "localhost" || /^127(\.\d{1,3}){3}$/.test(ip) || /^\[?::1\]?$/.test(ip);
}
