import { expect, test } from "vitest";
import { isRefusal } from "../../../src/model-answers/refusal.ts";

test("takes a text for a refusal by its opening only, since a summary may tell of a user and an apology", () => {
  const summaries = [
    "The user asked for help with Docker, and was told that I cannot be restarted.",
    "Die Unterhaltung behandelt Docker; ein Neustart half leider nicht.",
    "Der Nutzer fragt nach Docker.",
    "El usuario pide ayuda con Docker.",
    "用户询问如何使用 Docker，助手给出了步骤。",
    "ユーザーはDockerについて質問した。",
  ];
  expect(summaries.filter(isRefusal)).toEqual([]);
  const refusals = ["Leider kann ich das nicht.", "I don't see any conversation", "User: hi", "对不起，我不能。"];
  expect(refusals.filter(isRefusal)).toEqual(refusals);
});
