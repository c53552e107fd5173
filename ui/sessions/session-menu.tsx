import { may } from "../access/access.ts";
import { hrefOf, sessionScreen } from "../app/place.ts";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { exportSession } from "../work/long-work.ts";
import { deleting, editingTags } from "./asking.ts";
import type { Known } from "./known.ts";
import { copy, forkSession, generateName, mayFork } from "./menu-acts.ts";
import { beginRename } from "./rename.ts";
import { setArchived, setPinned } from "./session-acts.ts";

const said = texts.sessions;

/** What is not done every day. */
export function SessionMenu({ session }: { session: Known }) {
  const { session_id: id } = session;
  const mayChange = may("sessions:write");
  const link = () => new URL(hrefOf(sessionScreen(id)).replace(/\?.*$/, ""), location.href).href;
  return (
    <Menu label={said.more}>
      {mayChange && (
        <>
          <MenuItem icon="edit" onChoose={() => beginRename(id, "header")}>
            {said.rename}
          </MenuItem>
          {session.message_count > 0 && (
            <MenuItem icon="name" onChoose={() => void generateName(id)}>
              {said.generate}
            </MenuItem>
          )}
          <MenuItem
            icon="tag"
            onChoose={() => {
              editingTags.value = id;
            }}
          >
            {said.tags}
          </MenuItem>
          <MenuItem icon="pin" onChoose={() => void setPinned(id, !session.pinned)}>
            {session.pinned ? said.unpin : said.pin}
          </MenuItem>
          <MenuItem icon="archive" onChoose={() => void setArchived(id, !session.archived)}>
            {session.archived ? said.unarchive : said.archive}
          </MenuItem>
        </>
      )}
      {mayFork(session) && (
        <MenuItem icon="fork" onChoose={() => void forkSession(id)}>
          {said.fork}
        </MenuItem>
      )}
      <MenuItem icon="download" onChoose={() => exportSession(session)}>
        {said.export}
      </MenuItem>
      <MenuItem icon="link" onChoose={() => void copy(link(), said.linkCopied)}>
        {said.copyLink}
      </MenuItem>
      <MenuItem icon="copy" onChoose={() => void copy(id, said.idCopied)}>
        {said.copyId}
      </MenuItem>
      {may("sessions:delete") && (
        <MenuItem
          icon="trash"
          tone="danger"
          onChoose={() => {
            deleting.value = [id];
          }}
        >
          {said.delete}
        </MenuItem>
      )}
    </Menu>
  );
}
