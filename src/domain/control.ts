/** The pattern of a text for which `hasControl` is false, for readers of the OpenAPI document. */
export const NO_CONTROL_PATTERN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$";

/**
 * Whether a text has characters that change how the text around it is shown: control characters, line breaks,
 * bidirectional overrides and isolates.
 */
export function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text);
}
