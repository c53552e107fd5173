import { isStaff, may } from "../access/access.ts";
import { filter } from "../app/place.ts";
import { MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { chosen } from "./all-work.ts";
import { queryOf } from "./filter-query.ts";
import { exportAll, longWork, nameAll } from "./long-work.ts";
import { mayImport } from "./work-tools.tsx";

const choose = async () => {
  chosen.value = (await longWork.use((work) => work.chooseFiles(true))) ?? [];
};

/** What can be done with all that the list shows, in a menu. */
export function WorkItems() {
  const shown = filter.value;
  const query = queryOf(shown);
  const isWhole = query !== null && Object.keys(query).length === 0;
  return (
    <>
      {query !== null && (
        <MenuItem icon="download" onChoose={() => exportAll(shown)}>
          {isWhole ? texts.work.exportAll : texts.work.exportShown}
        </MenuItem>
      )}
      {isStaff.value && may("sessions:write") && (
        <MenuItem icon="name" onChoose={() => nameAll(shown)}>
          {texts.work.nameAll}
        </MenuItem>
      )}
      {mayImport() && (
        <MenuItem icon="upload" onChoose={() => void choose()}>
          {texts.work.import}
        </MenuItem>
      )}
    </>
  );
}
