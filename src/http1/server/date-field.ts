/** The field Date (RFC 9110, 6.6.1) as a line of a head, written once a second. */
let line = '';

export function dateLine(): string {
  if (line !== '') return line;
  const now = new Date();
  line = `Date: ${now.toUTCString()}\r\n`;
  setTimeout(forget, 1000 - now.getMilliseconds()).unref();
  return line;
}

function forget(): void {
  line = '';
}
