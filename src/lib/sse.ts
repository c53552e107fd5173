const encoder = new TextEncoder();

/** One server-sent event: its id, its name, and one line of JSON. (The Python client needs the space after `data:`.) */
export function sseEvent(id: number, name: string, data: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${oneLineJson(data)}\n\n`;
}

/** An event about a stream itself: it has no id, so a reader that comes back asks from the last one that had. */
export function sseControl(name: string, data: object): string {
  return `event: ${name}\ndata: ${oneLineJson(data)}\n\n`;
}

/** JSON leaves these as they are, but clients that split lines as Python's `splitlines` does would split on them. */
const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

function oneLineJson(data: object): string {
  return JSON.stringify(data).replace(LINE_BREAKS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Keeps a quiet stream open; no brace in it, because agent-ui parses from the first one. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

export const sseBytes = (text: string): Uint8Array => encoder.encode(text);
