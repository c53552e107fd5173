/** How far from the end one still is at it, in pixels. */
const AT_END = 32;

/**
 * Where one is in the log. While that is its end, the end is followed; otherwise the run that is at the upper edge stays where
 * it is, whatever comes above it or grows. Browsers' own anchoring is turned off: not all have it, and none at the beginning.
 */
export class LogPlace {
  readonly #scroller: HTMLElement;
  readonly #content: HTMLElement;
  readonly #watching: ResizeObserver;
  #anchor: { element: Element; top: number } | null = null;
  /** Somebody has scrolled. */
  onMove = (): void => {};
  isAtEnd = true;

  constructor(scroller: HTMLElement, content: HTMLElement) {
    this.#scroller = scroller;
    this.#content = content;
    this.#watching = new ResizeObserver(() => this.#keep());
    this.#watching.observe(content);
    this.#watching.observe(scroller);
    scroller.addEventListener("scroll", this.#moved, { passive: true });
    // At once: who asks where one is in the next frame is told before sizes are.
    this.#keep();
  }

  get fromBegin(): number {
    return this.#scroller.scrollTop;
  }

  leave(): void {
    this.#watching.disconnect();
    this.#scroller.removeEventListener("scroll", this.#moved);
  }

  goToEnd(): void {
    this.isAtEnd = true;
    this.#keep();
    this.onMove();
  }

  /** Shows a run from its beginning, with the focus on it. */
  goTo(runId: string): void {
    const run = this.#content.querySelector<HTMLElement>(`[data-run-id="${CSS.escape(runId)}"]`);
    if (run === null) return;
    this.isAtEnd = false;
    this.#scroller.scrollTop += run.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    run.focus({ preventScroll: true });
    this.#moved();
  }

  readonly #moved = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight <= AT_END;
    if (!this.isAtEnd) this.#remember();
    this.onMove();
  };

  #keep(): void {
    if (this.isAtEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      return;
    }
    if (this.#anchor?.element.isConnected) {
      this.#scroller.scrollTop += this.#anchor.element.getBoundingClientRect().top - this.#anchor.top;
    }
    this.#remember();
  }

  /** The run at the upper edge. Nobody needs it while the end is followed. */
  #remember(): void {
    const { left, top, width } = this.#scroller.getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + 1)?.closest(".log-run") ?? null;
    const element = at !== null && this.#content.contains(at) ? at : this.#content.querySelector(".log-run");
    this.#anchor = element === null ? null : { element, top: element.getBoundingClientRect().top };
  }
}
