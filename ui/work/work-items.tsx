import { isStaff, may } from "../access/access.ts";
import { filter } from "../app/place.ts";
import { MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { exportAll } from "./exports.ts";
import { queryOf } from "./filter-query.ts";
import { nameAll } from "./naming.ts";

/** What can be done with all that the list shows, in a menu. */
export function WorkItems() {
  const shown = filter.value;
  const query = queryOf(shown);
  const isWhole = query !== null && Object.keys(query).length === 0;
  return (
    <>
      {query !== null && (
        <MenuItem icon="download" onChoose={() => void exportAll(shown)}>
          {isWhole ? texts.work.exportAll : texts.work.exportShown}
        </MenuItem>
      )}
      {isStaff.value && may("sessions:write") && (
        <MenuItem icon="name" onChoose={() => void nameAll(shown)}>
          {texts.work.nameAll}
        </MenuItem>
      )}
    </>
  );
}
