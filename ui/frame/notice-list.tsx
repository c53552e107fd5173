import { server } from "../access/access.ts";
import { announced } from "../app/announce.ts";
import { close, notices } from "../app/notices.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { isReached } from "../server/api.ts";
import { texts } from "../texts/index.ts";

/** What the page tells at its edge, and to screen readers. */
export function Notices() {
  return (
    <div class="notices">
      <p role="status" class="for-readers">
        {announced}
      </p>
      {!isReached.value && <p class="notice">{texts.failures.offline}</p>}
      {notices.value.map(({ id, tone, text, requestId, act }) => (
        <div key={id} class={`notice ${tone}`} role={tone === "wrong" ? "alert" : undefined}>
          <p>
            {text}
            {requestId && (
              <details>
                <summary>{texts.app.details}</summary>
                <code>{texts.app.requestId(requestId)}</code>
              </details>
            )}
          </p>
          {act && (
            <Button
              tone="quiet"
              onClick={() => {
                close(id);
                act.run();
              }}
            >
              {act.label}
            </Button>
          )}
          <IconButton icon="close" label={texts.app.close} onClick={() => close(id)} />
        </div>
      ))}
    </div>
  );
}

/** Said once, above all: who reaches a server without a key can read everything. */
export const OpenServer = () =>
  server.value?.auth_mode === "none" ? <aside class="open-server">{texts.app.openServer}</aside> : null;
