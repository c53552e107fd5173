import { texts } from "../texts/index.ts";

/** The shape of rows, for who waits longer than a moment. */
export const Skeleton = () => (
  <div class="skeleton" role="status" aria-label={texts.inbox.loading}>
    {[1, 2, 3, 4, 5, 6, 7, 8].map((at) => (
      <i key={at} />
    ))}
  </div>
);
