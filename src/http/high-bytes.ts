/** The escape of each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

/**
 * Bytes above 0x7f as escapes: `%C3` or `\xC3`. A loop, because a target may have thousands of them, and `replace` with
 * a function takes ten times as long.
 *
 * @param text latin1.
 */
export function escapeHighBytes(text: string, mark: '%' | '\\x'): string {
  let escaped = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    escaped += text.slice(from, at) + mark + HEX[code]!;
    from = at + 1;
  }
  return from === 0 ? text : escaped + text.slice(from);
}
