import type { Told } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Something that failed, where it would have been: what failed, why, and a way to try again. */
export function Failure({ what, told, onRetry }: { what: string; told: Told; onRetry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{what}</strong> {told.text}
        </p>
        {told.requestId !== null && (
          <details>
            <summary>{texts.app.details}</summary>
            <code>{texts.app.requestId(told.requestId)}</code>
          </details>
        )}
      </div>
      {onRetry && (
        <Button onClick={onRetry} icon="retry">
          {texts.app.retry}
        </Button>
      )}
    </div>
  );
}
