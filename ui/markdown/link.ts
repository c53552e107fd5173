/** Where a link of a text leads. */
export interface Link {
  href: string;
  /** Who is at its other end, where the link's own words do not say so; null where they do. */
  host: string | null;
}

/** Browsers take some hosts that no name can be of. Those of other alphabets are written with these letters too. */
const HOST = /^[\w.:[\]-]*$/;
const SCHEMES: readonly string[] = ["http:", "https:", "mailto:"];

/**
 * What a link's target may be, as it is set: an address with one of three schemes, written out as the browser reads it. Null
 * for all else; what is relative would lead into this page, and no model knows its addresses.
 */
export function linkTo(target: string, label: string): Link | null {
  const url = parsed(target);
  if (url === null || !SCHEMES.includes(url.protocol) || !HOST.test(url.host)) return null;
  return { href: url.href, host: nameOf(url) === labelled(label, url) ? null : nameOf(url) };
}

/** Mail goes to an address, all else to a host. */
const nameOf = (url: URL): string => (url.protocol === "mailto:" ? safeDecoded(url.pathname) : url.host);

/**
 * Whom the words name, letter for letter, when they are themselves an address. A host somewhere in them proves nothing, nor does
 * one that a browser would make of them: it looks like another one, or stands behind a name that does.
 */
function labelled(label: string, { protocol }: URL): string {
  const words = label.trim();
  if (protocol === "mailto:") return words.replace(/^mailto:/i, "");
  return words
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/[/?#].*$/s, "");
}

const parsed = (address: string): URL | null => (URL.canParse(address) ? new URL(address) : null);

function safeDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
