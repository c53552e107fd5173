import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { texts } from "../texts/index.ts";
import { conflict } from "./asking.ts";
import { giveWay, insist } from "./rename.ts";

const said = texts.sessions.conflict;

/** Two names, of which one is to be chosen. Closing it leaves the one that is there. */
export function NameConflict() {
  if (conflict.value === null) return null;
  const { mine, theirs } = conflict.value;
  return (
    <Dialog title={said.title} onClose={giveWay}>
      <p>{said.text}</p>
      <div class="names">
        <Choice label={said.mine} name={mine} onChoose={insist} isFirst />
        <Choice label={said.theirs} name={theirs.name.session_name} onChoose={giveWay} />
      </div>
    </Dialog>
  );
}

const Choice = ({ label, name, onChoose, isFirst = false }: ChoiceProps) => (
  <Button isFirst={isFirst} onClick={onChoose}>
    <span class="hint">{label}</span>
    <bdi>{name || said.none}</bdi>
  </Button>
);

interface ChoiceProps {
  label: string;
  name: string;
  onChoose: () => void;
  isFirst?: boolean;
}
