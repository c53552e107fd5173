import { access } from "../access/access.ts";
import { ConnectScreen } from "../access/connect-screen.tsx";
import { ApprovalsScreen } from "../approvals/approvals-screen.tsx";
import { BeginScreen } from "../begin/begin-screen.tsx";
import { ConversationScreen } from "../conversation/conversation-screen.tsx";
import { InboxList } from "../inbox/inbox-list.tsx";
import { Empty } from "../parts/empty.tsx";
import { SessionTools } from "../sessions/session-tools.tsx";
import { texts } from "../texts/index.ts";
import { Boundary } from "./boundary.tsx";
import { Navigation } from "./navigation.tsx";
import { Notices } from "./notice-list.tsx";
import { place } from "./place.ts";

/** The whole page: who may not ask connects first; others have the navigation, and beside it the screen of the address. */
export function Page() {
  const { state } = access.value;
  const { screen } = place.value;
  if (state === "refused" || screen === "connect") {
    return (
      <>
        <ConnectScreen />
        <Notices />
      </>
    );
  }
  if (state === "unknown") return <div class="loading" aria-busy="true" />;
  return (
    <div class="page" data-screen={screen}>
      <Navigation />
      <Screens />
      <SessionTools />
      <Notices />
    </div>
  );
}

function Screens() {
  const current = place.value;
  if (current.screen === "approvals" || current.screen === "new") {
    return (
      <main class="single" key={current.screen}>
        <Boundary of={current.screen}>
          {current.screen === "approvals" ? <ApprovalsScreen /> : <BeginScreen />}
        </Boundary>
      </main>
    );
  }
  return (
    <>
      <section class="list-pane" aria-label={texts.inbox.list}>
        <Boundary of="list">
          <InboxList />
        </Boundary>
      </section>
      <main class="session-pane">
        {current.screen === "session" ? (
          <Boundary of={current.sessionId}>
            <ConversationScreen key={current.sessionId} sessionId={current.sessionId} />
          </Boundary>
        ) : (
          <Empty icon="inbox" title={texts.app.nothingOpen} hint={texts.app.nothingOpenHint} />
        )}
      </main>
    </>
  );
}
