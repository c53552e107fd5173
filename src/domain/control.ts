/** Whether a text steers how others are shown: control characters, line breaks, bidirectional overrides and isolates. */
export function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text);
}
