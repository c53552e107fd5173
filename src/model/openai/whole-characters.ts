/** Some servers send an emoji in two halves; alone, neither half can be written as UTF-8. */
export class WholeCharacters {
  #heldHalf = "";

  read(delta: string): string {
    const text = this.#heldHalf + delta;
    const end = endsInHalf(text) ? text.length - 1 : text.length;
    this.#heldHalf = text.slice(end);
    return text.slice(0, end).toWellFormed();
  }
}

const FIRST_HALVES = { from: 0xd800, to: 0xdbff };

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= FIRST_HALVES.from && last <= FIRST_HALVES.to;
}
