import { parseArgs } from "node:util";

/** The options of `npm run histories`. */
export interface Options {
  seed: number;
  epochs: number;
  /** Only the first operations of the plan, that many; null for all. */
  operations: number | null;
  /** Whether shorter and shorter beginnings of a plan that failed are tried. */
  shrinks: boolean;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: "1" },
      epochs: { type: "string", default: "2" },
      operations: { type: "string" },
      "no-shrink": { type: "boolean", default: false },
    },
  });
  return {
    seed: wholeNumber("seed", values.seed),
    epochs: wholeNumber("epochs", values.epochs),
    operations: values.operations === undefined ? null : wholeNumber("operations", values.operations),
    shrinks: !values["no-shrink"],
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}".`);
  return Number(text);
}
