/** Has a person choose files; none where that is given up. */
export function chooseFiles(isMany: boolean): Promise<File[]> {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", multiple: isMany, accept: ".ndjson,.jsonl,.json,.txt" });
  return new Promise((settle) => {
    input.addEventListener("change", () => settle([...(input.files ?? [])]));
    input.addEventListener("cancel", () => settle([]));
    input.click();
  });
}
