import { callJson } from "./client.ts";

/** Makes the cursor after that many sessions. It walks there page by page, as a client would. */
export async function cursorBehind(url: string, count: number, filter = ""): Promise<string> {
  let cursor = "";
  for (let left = count; left > 0; left -= 1_000) {
    const from = cursor === "" ? "" : `&cursor=${cursor}`;
    const page = await callJson<{ meta: { next_cursor: string } }>(
      `${url}/sessions?limit=${Math.min(left, 1_000)}${filter}${from}`,
    );
    cursor = page.meta.next_cursor;
  }
  return cursor;
}
