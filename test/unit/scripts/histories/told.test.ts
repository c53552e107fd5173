import { describe, expect, it } from "vitest";
import { toldByEvents, toldByJson } from "../../../../scripts/histories/told.ts";

const event = (index: number, name: string, data: Record<string, unknown> = {}) => ({
  index,
  event: name,
  content: "",
  data: { ...data, event: name },
});

describe("what an answer tells of a run's end", () => {
  it("is the end of its stream", () => {
    const events = [event(0, "RunStarted"), event(1, "RunCompleted", { content: "Hi", persisted: false })];
    expect(toldByEvents(events)).toEqual({ status: "COMPLETED", content: "Hi", persisted: false });
    expect(toldByEvents([event(0, "RunStarted"), event(1, "RunPaused")])?.status).toBe("PAUSED");
  });

  it("is that it was cancelled, although such a stream says behind it that it completed", () => {
    expect(toldByEvents([event(0, "RunCancelled"), event(1, "RunCompleted")])?.status).toBe("CANCELLED");
  });

  it("is nothing where the reader left, or the run goes on in the background", () => {
    expect(toldByEvents([event(0, "RunStarted"), event(1, "RunContent")])).toBeNull();
    expect(toldByEvents([])).toBeNull();
    expect(toldByJson({ status: "PENDING" })).toBeNull();
  });

  it("is the run of an answer that is not streamed", () => {
    expect(toldByJson({ status: "ERROR", content: "Why" })).toEqual({
      status: "ERROR",
      content: "Why",
      persisted: true,
    });
  });
});
