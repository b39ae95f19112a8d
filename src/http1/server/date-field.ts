/** The time for the field Date (RFC 9110, 6.6.1), formatted once a second. */
let text = '';

export function dateField(): string {
  if (text !== '') return text;
  const now = new Date();
  text = now.toUTCString();
  setTimeout(forget, 1000 - now.getMilliseconds()).unref();
  return text;
}

function forget(): void {
  text = '';
}
