/**
 * Header and trailer fields (RFC 9112, section 5): text in, names and values out. Strict: each line ends with CRLF, a name
 * is a token directly before its colon, and no line is folded (5.2).
 */
import { ownText } from '../../core/own-text.ts';
import { invalid } from './http-fault.ts';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Outside of field values and line ends: controls, CR or LF by itself. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

/** Names already validated. Bounded: peers choose names. */
const checked = new Set<string>();
const MAX_CHECKED = 2048;
const MAX_CHECKED_LENGTH = 64;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** No controls but HTAB, and CR and LF only as CRLF. Throws HttpFault. */
export function checkText(text: string): void {
  if (FORBIDDEN.test(text)) throw invalid(whyForbidden(text));
}

/**
 * @param text lines without the last CRLF, latin1, already passed to checkText.
 * @param from where the first line begins.
 * @returns name and value alternating, names in their original case, values without surrounding white space.
 */
export function parseFields(text: string, from: number): string[] {
  const fields: string[] = [];
  const { length } = text;
  let at = from;
  while (at < length) {
    let end = text.indexOf('\r', at);
    if (end === -1) end = length;
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon >= end) throw invalid('a header line has no colon');
    const name = text.slice(at, colon);
    if (!checked.has(name)) checkName(name);
    fields.push(name, withoutBlanks(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

function checkName(name: string): void {
  if (!TOKEN.test(name)) {
    throw invalid(/^[\t ]/.test(name) ? 'a header line is folded' : 'a header name is not a token');
  }
  if (name.length > MAX_CHECKED_LENGTH) return;
  if (checked.size >= MAX_CHECKED) checked.clear();
  checked.add(ownText(name));
}

const SPACE = 0x20;
const TAB = 0x09;

/**
 * The part of the text without SP and HTAB at its ends (RFC 9110, 5.6.3). trim() removes more, such as a no-break space,
 * and an expression would take quadratic time for a value full of blanks.
 */
export function withoutBlanks(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function whyForbidden(text: string): string {
  const found = FORBIDDEN.exec(text)![0];
  if (found === '\n') return 'a line ends with LF alone';
  if (found === '\r') return 'CR without LF';
  return `control character 0x${found.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
