/** Some servers send an emoji in two halves; alone, neither half can be written as UTF-8. */
export class WholeCharacters {
  #heldHalf = "";

  read(delta: string): string {
    const text = this.#heldHalf + delta;
    this.#heldHalf = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? "";
    return text.slice(0, text.length - this.#heldHalf.length).toWellFormed();
  }
}
