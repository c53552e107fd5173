import { isStaff, may } from "../access/access.ts";
import { filter } from "../app/place.ts";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { exportAll } from "./exports.ts";
import { queryOf } from "./filter-query.ts";
import { nameAll } from "./naming.ts";

/** What can be done with all that the list shows. */
export function WorkMenu() {
  const shown = filter.value;
  const query = queryOf(shown);
  const isAll = query !== null && Object.keys(query).length === 0;
  const mayName = isStaff.value && may("sessions:write");
  if (query === null && !mayName) return null;
  return (
    <Menu label={texts.work.menu}>
      {query !== null && (
        <MenuItem icon="download" onChoose={() => void exportAll(shown)}>
          {isAll ? texts.work.exportAll : texts.work.exportShown}
        </MenuItem>
      )}
      {mayName && (
        <MenuItem icon="name" onChoose={() => void nameAll(shown)}>
          {texts.work.nameAll}
        </MenuItem>
      )}
    </Menu>
  );
}
