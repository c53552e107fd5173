import { isStaff, may, me } from "../access/access.ts";
import { refine } from "../app/place.ts";
import { EVERYTHING } from "../app/route.ts";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { erasing } from "./all-work.ts";
import { exportAll } from "./long-work.ts";

/** What can be done with all that is one user's. */
export function UserMenu({ userId }: { userId: string }) {
  const mayErase = may("sessions:delete") && (isStaff.value || me.value?.user_id === userId);
  return (
    <Menu label={texts.work.userMenu(userId)}>
      {isStaff.value && (
        <MenuItem icon="filter" onChoose={() => refine({ ...EVERYTHING, userId })}>
          {texts.work.showUser}
        </MenuItem>
      )}
      <MenuItem icon="download" onChoose={() => exportAll({ ...EVERYTHING, userId: isStaff.peek() ? userId : null })}>
        {texts.work.exportUser}
      </MenuItem>
      {mayErase && (
        <MenuItem
          icon="trash"
          tone="danger"
          onChoose={() => {
            erasing.value = userId;
          }}
        >
          {texts.work.eraseUser}
        </MenuItem>
      )}
    </Menu>
  );
}
