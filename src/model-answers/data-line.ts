/**
 * What a prompt shows of a conversation, between two tags: one JSON object a line, so that no message can speak as another.
 * `<` is escaped, so that none can hold the closing tag.
 */
export const dataLine = (value: object): string => JSON.stringify(value).replaceAll("<", "\\u003c");
