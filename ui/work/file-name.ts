/** A name that every system takes for a file. */
export const fileName = (name: string, date: Date): string => {
  const words = name.normalize("NFC").match(/[\p{L}\p{N}_]+/gu) ?? ["export"];
  return `${words.join("-").slice(0, 60)}-${date.toISOString().slice(0, 10)}.ndjson`;
};
