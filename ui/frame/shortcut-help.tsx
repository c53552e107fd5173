import { settings } from "../app/settings.ts";
import { shortcuts } from "../app/shortcuts.ts";
import { Dialog } from "../parts/dialog.tsx";
import { texts } from "../texts/index.ts";

/** Named keys, as they are printed. */
const PRINTED: Record<string, string> = { Escape: "Esc", " ": "Space" };

/** All keys that do something now, and where one turns them off. */
export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const labels = new Map(shortcuts.value.map(({ key, label }) => [key, label]));
  return (
    <Dialog title={texts.app.shortcuts} onClose={onClose}>
      <dl class="shortcuts">
        {[["Enter", "open"] as const, ...labels].map(([key, label]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((one) => (
                <kbd key={one}>{PRINTED[one] ?? one}</kbd>
              ))}
            </dt>
            <dd>{texts.keys[label]}</dd>
          </div>
        ))}
      </dl>
      <label class="choice">
        <input
          type="checkbox"
          checked={settings.value.hasShortcuts}
          onChange={({ currentTarget }) => {
            settings.value = { ...settings.peek(), hasShortcuts: currentTarget.checked };
          }}
        />
        <span>{texts.keys.isOn}</span>
      </label>
      <p class="hint">{texts.keys.hint}</p>
    </Dialog>
  );
}
