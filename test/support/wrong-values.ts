/** Values that overflow a stack, or that have an error for each of their elements, put in every place of a line. */
import type { Line } from "./portable-lines.ts";

/** The path of every value in a line, without the line itself. */
export function placesIn(value: Line, place: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [[...place, key], ...placesIn(value[key], [...place, key])]);
}

/** The line with another value in that place. */
export function replaced(line: Line, [key = "", ...rest]: string[], value: unknown): Line {
  const copy = Array.isArray(line) ? [...line] : { ...line };
  copy[key] = rest.length === 0 ? value : replaced(line[key], rest, value);
  return copy;
}

export const wrongList = new Array(130_000).fill(0);
export const wrongFields = Object.fromEntries(wrongList.map((_, nth) => [`k${nth}`, "x"]));
export const wrongLists = new Array(300).fill(new Array(500).fill(0));

export const isStructure = (value: Line): boolean => typeof value === "object" && value !== null;

export const valueAt = (line: Line, place: string[]): Line => place.reduce((value, key) => value[key], line);
