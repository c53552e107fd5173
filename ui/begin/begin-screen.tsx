import { texts } from "../texts/index.ts";

export function BeginScreen() {
  return <h1>{texts.begin.title}</h1>;
}
