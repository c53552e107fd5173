/** Has the browser save a file. */
export function saveFile(name: string, parts: readonly Blob[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: "application/x-ndjson" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The browser reads it after the click, and says nowhere when it is done.
  setTimeout(() => URL.revokeObjectURL(url), 600_000);
}
