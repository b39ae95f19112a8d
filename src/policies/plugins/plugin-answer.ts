/** What a plugin answers, as the gateway sends it. */
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import { isOwnField } from '../../http/fields/own-fields.ts';

/** Throws a TypeError for what cannot be sent. */
export function pluginAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): OwnAnswer {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`found the status ${status}; allowed: an integer from 200 to 599`);
  }
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || isOwnField(name)) {
      throw new TypeError(`an answer cannot have the header ${JSON.stringify(name)}`);
    }
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new TypeError(`the value of header ${name} is not text without control characters`);
    }
    fields[name.toLowerCase()] = value;
  }
  if (body === undefined) return { status, fields, body: '' };
  if (typeof body === 'string')
    return { status, fields: { 'content-type': 'text/plain; charset=utf-8', ...fields }, body };
  if (body instanceof Uint8Array) {
    return { status, fields: { 'content-type': 'application/octet-stream', ...fields }, body: Buffer.from(body) };
  }
  const text = JSON.stringify(body) as string | undefined;
  if (text === undefined) throw new TypeError('the body of an answer is text, bytes, or a value that JSON can carry');
  return { status, fields: { 'content-type': 'application/json; charset=utf-8', ...fields }, body: text };
}
