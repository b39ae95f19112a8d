/** A route whose answer is part of the configuration: a text, or a file as it was read with it. */
import { createHash } from 'node:crypto';

import type { FieldValues } from '../../http/fields/field-values.ts';
import { contentTypeOf } from '../../http/fields/content-type-of.ts';
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import { namesTag } from '../../net/entity-tag.ts';
import type { RouteAnswer } from '../../routing/route-policies.ts';

/** As settings have them. */
export interface RespondSettings {
  readonly status: number;
  readonly body: string | null;
  readonly file: string | null;
  /** Of the file, a character a byte; null: there is no file. */
  readonly fileContent: string | null;
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

interface Asking {
  readonly response: { readonly req: { readonly method: string; readonly headers: FieldValues } };
}

export class FixedAnswer implements RouteAnswer {
  readonly #answer: OwnAnswer;
  /** For a client that has it already; null: the answer is none to be kept. */
  readonly #unchanged: OwnAnswer | null;
  readonly #tag: string;

  constructor({ status, body, file, fileContent, contentType, headers }: RespondSettings) {
    const bytes = Buffer.from(fileContent ?? body ?? '', fileContent === null ? 'utf8' : 'latin1');
    const type = contentType ?? (file === null ? 'text/plain; charset=utf-8' : contentTypeOf(file));
    const others = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    this.#tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const isKept = status === 200 && bytes.length > 0;
    const fields = { ...others, ...(isKept && !('etag' in others) ? { etag: this.#tag } : {}) };
    this.#answer = { status, fields: bytes.length === 0 ? fields : { 'content-type': type, ...fields }, body: bytes };
    this.#unchanged = isKept && !('etag' in others) ? { status: 304, fields, body: '' } : null;
  }

  answerTo({ response: { req } }: Asking): OwnAnswer {
    const known = req.headers['if-none-match'];
    if (known === undefined || this.#unchanged === null) return this.#answer;
    // RFC 9110, 13.1.2: for other methods it is a reason to refuse, and there is nothing to protect here.
    if (req.method !== 'GET' && req.method !== 'HEAD') return this.#answer;
    return isNamed(known, this.#tag) ? this.#unchanged : this.#answer;
  }
}

function isNamed(field: string, tag: string): boolean {
  try {
    return namesTag(field, tag);
  } catch {
    // Not worth an error: the whole answer is right, too.
    return false;
  }
}
