/** Of a text with none of them, for who reads the document. */
export const NO_CONTROL_PATTERN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$";

/** Whether a text steers how others are shown: control characters, line breaks, bidirectional overrides and isolates. */
export function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text);
}
