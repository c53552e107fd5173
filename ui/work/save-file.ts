/** Has the browser save a file. */
export function saveFile(name: string, parts: readonly Blob[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: "application/x-ndjson" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The browser reads it after the click, and says nowhere when it is done.
  setTimeout(() => URL.revokeObjectURL(url), 600_000);
}

/** A name that every system takes for a file. */
export const fileName = (name: string, date: Date): string => {
  const words = name.normalize("NFC").match(/[\p{L}\p{N}_]+/gu) ?? ["export"];
  return `${words.join("-").slice(0, 60)}-${date.toISOString().slice(0, 10)}.ndjson`;
};
