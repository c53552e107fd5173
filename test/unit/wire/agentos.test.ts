import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import { agentosTranslator, eventStream, resumeStream } from "../../../src/session/drive/event-stream.ts";
import { LiveRun } from "../../../src/session/drive/live-run.ts";
import digests from "../../support/ui/agentos-digests.json" with { type: "json" };
import { told } from "../../support/ui/streams.ts";
import { TALES } from "../../support/ui/tales.ts";
import type { Teller } from "../../support/ui/teller.ts";

// AgentOS's own stream was there before any other format, and stays byte for byte as it was. The digests are of the streams
// of the last version that knew no other format.

const everything = { view: WHOLE_VIEW, leave: () => {} };

/** The run as its readers have it once it has stopped. */
function stopped({ run, row }: Teller): LiveRun {
  const live = new LiveRun(row, 0);
  live.publish(run);
  live.finish();
  return live;
}

it.each(TALES)(
  "has AgentOS's stream of $name as it always was: whole, of content only, from a continue on, resumed",
  async ({ name, tale, type }) => {
    const { teller, stops } = told({ tale, type });
    const hash = createHash("sha256");
    const add = async (stream: ReadableStream) => hash.update(await new Response(stream).text());
    let fromEntry = 0;
    let isOver = false;
    while (!isOver) {
      isOver = stops.next().done === true;
      for (const contentOnly of [false, true]) {
        await add(
          eventStream(stopped(teller), everything, { translator: agentosTranslator({ contentOnly }), fromEntry }),
        );
      }
      await add(resumeStream(stopped(teller), everything, { lastEventIndex: 2, missed: 9 }));
      fromEntry = teller.run.log.length;
    }
    expect(hash.digest("hex").slice(0, 16)).toBe(Object.entries(digests).find(([known]) => known === name)?.[1]);
  },
);
