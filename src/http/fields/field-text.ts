/** Texts that come from elsewhere, as values of fields. */

/** Horizontal tabs may be in a field (RFC 9110, 5.5). */
const CONTROL = /[^\t\P{Cc}]/u;

/** As fields carry text: UTF-8, one character a byte, as texts from requests have it already. With control characters it is none: never two fields. */
export function fieldText(value: string): string {
  if (CONTROL.test(value)) return '';
  return /[\u0100-\uffff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}

/** The same for a text of Unicode, such as one from JSON. */
export function unicodeFieldText(value: string): string {
  return fieldText(/[\u0080-\uffff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value);
}
