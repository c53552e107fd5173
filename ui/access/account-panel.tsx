import type { Me } from "../../packages/client/src/index.ts";
import { hrefOf } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { longTime } from "../parts/time-text.ts";
import { texts } from "../texts/index.ts";
import { disconnect, hasCredential, server } from "./access.ts";
import { readHeld } from "./held-scopes.ts";

/** Who the page speaks for, and what that caller may do. */
export function AccountPanel({ me, onOther }: { me: Me; onOther: () => void }) {
  const isOpen = server.value?.auth_mode === "none" && !hasCredential.value;
  return (
    <>
      <dl class="account-facts">
        <dt>{texts.account.who}</dt>
        <dd dir="auto">{isOpen ? texts.account.anybody : me.actor}</dd>
        <dt>{texts.account.sees}</dt>
        <dd>{me.confined ? texts.account.ownSessions : texts.account.allSessions}</dd>
        <dt>{texts.account.until}</dt>
        <dd>{me.expires_at === null ? texts.account.noEnd : longTime(new Date(me.expires_at * 1000))}</dd>
        <dt>{texts.account.may}</dt>
        <dd>{me.admin ? texts.account.everything : <HeldScopes listed={me.scopes} />}</dd>
      </dl>
      {isOpen && <p class="hint">{texts.app.openServer}</p>}
      <div class="acts">
        <a class="button primary" href={hrefOf({ screen: "inbox" })}>
          {texts.account.toInbox}
        </a>
        <Button onClick={onOther}>{texts.account.other}</Button>
        {hasCredential.value && (
          <Button tone="danger" onClick={disconnect}>
            {texts.app.disconnect}
          </Button>
        )}
      </div>
    </>
  );
}

function HeldScopes({ listed }: { listed: readonly string[] }) {
  const held = readHeld(listed);
  if (held.length === 0) return <>{texts.account.nothing}</>;
  return (
    <ul>
      {held.map(({ scope, id }) => (
        <li key={`${scope} ${id}`}>
          {texts.account.scopes[scope]}
          {id !== null && <code>{id}</code>}
        </li>
      ))}
    </ul>
  );
}
