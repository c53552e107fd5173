interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

interface Size {
  width: number;
  height: number;
}

/** Between a button and what it opens, and between that and the edge of the window. */
const GAP_PX = 4;
const EDGE_PX = 8;

/**
 * Where what a button opens stands in the window: below the button, or above it where there is more room, with the ends of both
 * in one line (in a language that is read from the right: the other ends), and never over the window's edge.
 */
export function placeBeside(
  button: Box,
  opened: Size,
  window: Size,
  isFromRight: boolean,
): { top: number; left: number } {
  const below = button.bottom + GAP_PX;
  const above = button.top - GAP_PX - opened.height;
  const isBelow = below + opened.height <= window.height - EDGE_PX || window.height - button.bottom >= button.top;
  const left = isFromRight ? button.left : button.right - opened.width;
  return {
    top: within(isBelow ? below : above, window.height - opened.height),
    left: within(left, window.width - opened.width),
  };
}

const within = (at: number, last: number) => Math.max(EDGE_PX, Math.min(at, last - EDGE_PX));
