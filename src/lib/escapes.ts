/** Whether what is percent-encoded in the text is UTF-8. A `%` without two digits behind it is a percent sign. */
export function isUtf8Escaped(text: string): boolean {
  return (text.match(/(?:%[0-9a-f]{2})+/gi) ?? []).every(isDecodable);
}

function isDecodable(escapes: string): boolean {
  try {
    decodeURIComponent(escapes);
    return true;
  } catch {
    return false;
  }
}
