const encoder = new TextEncoder();

/** One server-sent event: its id, its name, and one line of JSON. (The Python client needs the space after `data:`.) */
export function sseEvent(id: number, name: string, data: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${oneLineJson(data)}\n\n`;
}

/** An event about the stream itself. It has no id: a reader that comes back goes on behind the last event that had one. */
export function sseControl(name: string, data: object): string {
  return `event: ${name}\ndata: ${oneLineJson(data)}\n\n`;
}

/** An event of a stream whose events have neither ids nor names. */
export const sseData = (data: object): string => `data: ${oneLineJson(data)}\n\n`;

/** JSON leaves these characters as they are. Clients that split lines as Python's `splitlines` does would split here. */
const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

function oneLineJson(data: object): string {
  return JSON.stringify(data).replace(LINE_BREAKS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Keeps a quiet stream open. It must hold no brace, because agent-ui parses from the first brace on. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

export const sseBytes = (text: string): Uint8Array => encoder.encode(text);
