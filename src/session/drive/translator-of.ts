import type { Translator, WireFormat } from "../../wire/translator.ts";
import { uiTranslator } from "../../wire/ui/translator.ts";
import { agentosTranslator } from "./event-stream.ts";
import type { LiveRun } from "./live-run.ts";

/** What writes the run's events in the format that its reader asks for. */
export function translatorOf(
  { row }: LiveRun,
  { format = "agentos", contentOnly }: { format?: WireFormat; contentOnly: boolean },
): Translator {
  switch (format) {
    case "agentos":
      return agentosTranslator({ contentOnly });
    case "ui":
      return uiTranslator(row);
  }
}
