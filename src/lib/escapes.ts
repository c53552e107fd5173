/** Whether the percent-encoded bytes of the text are UTF-8. A `%` without two digits behind it is just a percent sign. */
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
