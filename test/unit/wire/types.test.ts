import type { AbstractChat as Chat7, UIMessage as UIMessage7 } from "ai";
import type { AbstractChat as Chat6, UIMessage as UIMessage6 } from "ai-6";
import { expectTypeOf, it } from "vitest";
import type { EdgeData, EdgeMetadata, EdgeUIMessage } from "../../../packages/client/src/ai-sdk.ts";
import type { UiMember, UiMetadata, UiRequirement } from "../../../src/wire/ui/chunk.ts";

it("has types for callers that both generations of AI SDK take as a message of theirs", () => {
  expectTypeOf<EdgeUIMessage>().toExtend<UIMessage7>();
  expectTypeOf<EdgeUIMessage>().toExtend<UIMessage6>();
  expectTypeOf<EdgeUIMessage>().toExtend<UIMessage7<EdgeMetadata, EdgeData>>();
  expectTypeOf<EdgeUIMessage>().toExtend<UIMessage6<EdgeMetadata, EdgeData>>();
  expectTypeOf<Chat7<EdgeUIMessage>["messages"]>().toEqualTypeOf<EdgeUIMessage[]>();
  expectTypeOf<Chat6<EdgeUIMessage>["messages"]>().toEqualTypeOf<EdgeUIMessage[]>();
});

it("says of data and metadata what the server writes", () => {
  expectTypeOf<UiMetadata>().toExtend<EdgeMetadata>();
  expectTypeOf<UiMember>().toExtend<EdgeData["member"]>();
  expectTypeOf<UiRequirement>().toExtend<EdgeData["requirement"]>();
});
