import { z } from "zod";
import { defineTool } from "../../domain/tool.ts";

/** Shows a tool that a person must confirm; there are no records behind it. */
export const deleteRecord = defineTool({
  name: "delete_record",
  description:
    "Deletes a record once a person has confirmed it. A demonstration: no record exists, nothing is deleted.",
  parameters: z.object({ id: z.string().describe("The id of the record.") }),
  requiresConfirmation: true,
  execute: ({ id }) => `Confirmed: record ${id} would be deleted now. This is a demonstration, nothing was deleted.`,
});
