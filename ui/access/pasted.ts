/** What was pasted, as a header takes it: people copy the word before it, and line breaks behind it. Null for what is none. */
export function credentialIn(pasted: string): string | null {
  const text = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, "");
  return /^[ -~]+$/.test(text) ? text : null;
}
