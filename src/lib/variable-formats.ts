/** What a variable of the environment may hold. */
export interface Format<T> {
  /** Reads a value that is set; undefined if the variable may not hold it. */
  read(value: unknown): T | undefined;
  /** Completes the sentence "NAME must be …". */
  expected: string;
}

export const TEXT: Format<string> = {
  read: (value) => (typeof value === "string" ? value : undefined),
  expected: "text",
};

export const BOOLEAN: Format<boolean> = {
  read(value) {
    if (value === true || value === "true") return true;
    return value === false || value === "false" ? false : undefined;
  },
  expected: "`true` or `false`",
};

/** One of these words. */
export function oneOf<const T extends string>(values: readonly T[]): Format<T> {
  return {
    read: (value) => values.find((one) => one === value),
    expected: values.map((one) => `\`${one}\``).join(" or "),
  };
}

export function wholeNumber(min: number, max: number, unit = ""): Format<number> {
  return {
    read(value) {
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      const fits = typeof number === "number" && Number.isInteger(number) && number >= min && number <= max;
      return fits ? number : undefined;
    },
    expected: `a whole number${unit} from ${min} to ${max}`,
  };
}

export const seconds = (min: number, max: number) => wholeNumber(min, max, " of seconds");

/** Words between which stand commas or spaces. What `expected` says must name them. */
export function words(expected: string, isOne: (word: string) => boolean = () => true): Format<string[]> {
  return {
    read(value) {
      if (typeof value !== "string") return undefined;
      const found = value.split(/[\s,]+/).filter((word) => word !== "");
      return found.length > 0 && found.every(isOne) ? found : undefined;
    },
    expected,
  };
}

/** Texts between which stand commas; a text may have spaces in it. */
export const TEXTS: Format<string[]> = {
  read(value) {
    if (typeof value !== "string") return undefined;
    const texts = value.split(",").map((one) => one.trim());
    const found = texts.filter((one) => one !== "");
    return found.length > 0 ? found : undefined;
  },
  expected: "texts, separated by commas",
};

export const MIN_SECRET_BYTES = 32;

/** A secret that signs. A short one could be guessed by whoever holds something that it signed. */
export const SIGNING_SECRET: Format<string> = {
  read(value) {
    const isLong = typeof value === "string" && new TextEncoder().encode(value).byteLength >= MIN_SECRET_BYTES;
    return isLong ? value : undefined;
  },
  expected: `text of at least ${MIN_SECRET_BYTES} bytes`,
};

export const HTTP_URL: Format<string> = {
  read(value) {
    const url = typeof value === "string" ? URL.parse(value) : null;
    return url?.protocol === "http:" || url?.protocol === "https:" ? String(value) : undefined;
  },
  expected: "an http or https URL",
};

export const ORIGINS: Format<string[]> = {
  read(value) {
    if (typeof value !== "string") return undefined;
    const entries = value.split(",").map((entry) => entry.trim());
    // Answers allow credentials, and browsers refuse `*` with credentials. AgentOS drops `*` too.
    const origins = entries.filter((entry) => entry !== "" && entry !== "*").map(readOrigin);
    const known = origins.filter((origin) => origin !== undefined);
    return known.length === origins.length ? known : undefined;
  },
  expected: "origins such as https://app.example.com, separated by commas",
};

function readOrigin(value: string): string | undefined {
  if (HTTP_URL.read(value) !== undefined) return new URL(value).origin;
  // Desktop shells and browser extensions have schemes of their own, whose origin URL calls "null".
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i.test(value) ? value : undefined;
}
