const encoder = new TextEncoder();

/** One server-sent event: its id, its name, and one line of JSON. (The Python client needs the space after `data:`.) */
export function sseEvent(id: number, name: string, data: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Keeps a quiet stream open; no brace in it, because agent-ui parses from the first one. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

export const sseBytes = (text: string): Uint8Array => encoder.encode(text);
