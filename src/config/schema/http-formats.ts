/** Parts of HTTP messages as settings write them. */
import { parseAddress } from '../../net/ip-address.ts';
import { LinearExpression } from '../../net/linear-expression.ts';
import { Template } from '../../core/template.ts';
import { CostExpression } from '../../policies/cost/core/cost-expression.ts';
import { hasDotSegment } from '../../http/dot-segment.ts';
import { isHost } from './address-formats.ts';
import { type TextFormat, unless } from './text-format.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // RFC 9110 section 5.6.2
/** Or a pattern for some. */
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/(?:\*(?:\+[a-z0-9!#$&^_.-]{1,64})?|[a-z0-9!#$&^_.+-]{1,127})$/i;
/** As in requests (src/http1/core/request-parser.ts). */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

export const HTTP_FORMATS = {
  path: {
    allowed: 'a path that begins with a slash, without query and white space, non-ASCII characters as %XX',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(text)),
  },
  'probe-path': {
    allowed: 'a path that begins with a slash, optionally with a query, without white space',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21\x22\x24-\x7e]*$/.test(text)),
  },
  'grpc-service': {
    allowed: '1 to 255 printable ASCII characters without spaces, such as helloworld.Greeter',
    reject: (text) => unless(/^[\x21-\x7e]{1,255}$/.test(text)),
  },
  method: {
    allowed: 'an HTTP method other than CONNECT, such as GET: a token of at most 64 characters',
    reject: (text) => unless(METHOD.test(text) && text !== 'CONNECT'),
  },
  'media-type': {
    allowed: 'a media type such as text/html, text/* or application/*+json, without parameters',
    reject: (text) => unless(MEDIA_TYPE.test(text)),
  },
  'masked-name': {
    allowed: '1 to 200 printable ASCII characters',
    reject: (text) => unless(/^[\x21-\x7e]{1,200}$/.test(text)),
  },
  'header-name': { allowed: "a header's name", reject: (text) => unless(TOKEN.test(text)) },
  'header-value': {
    allowed: 'at most 1000 printable ASCII characters, without spaces at the ends',
    reject: (text) => unless(/^(?:[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?)?$/.test(text)),
  },
  'answer-body': { allowed: 'at most 16384 characters', reject: (text) => unless(text.length <= 16_384) },
  'content-type': {
    allowed: 'a media type such as text/html or text/html; charset=utf-8',
    reject: (text) =>
      unless(/^[\w.+-]{1,60}\/[\w.+-]{1,60}(?:; ?[\w-]{1,40}=(?:[\w.+-]{1,60}|"[\w .+-]{1,60}"))*$/.test(text)),
  },
  'expected-text': { allowed: '1 to 1000 characters', reject: (text) => unless(/^[^]{1,1000}$/u.test(text)) },
  'field-template': {
    allowed: 'at most 1000 printable ASCII characters, with placeholders such as {client_id}',
    reject: rejectFieldTemplate,
  },
  'path-template': {
    allowed: 'a path that begins with a slash, with placeholders such as {group.1}, without query, `//`, `.` and `..`',
    reject: (text) => (text.startsWith('/') ? rejectPathTemplate(text) : ''),
  },
  'redirect-path': {
    allowed:
      'a path that begins with a slash, with placeholders such as {group.1}, perhaps with a query; no `//`, `.` and `..`',
    reject: rejectRedirectPath,
  },
  'redirect-host': {
    allowed: 'a host name without port, with placeholders such as www.{host} or {group.1}.example.com',
    reject: (text) => rejectTemplate(text, (template) => unless(isHost(template.fill({ valueOf: () => 'x' })))),
  },
  'path-part': {
    allowed: 'a part of a path, with placeholders such as {group.1}, without query, `//`, `.` and `..`',
    reject: rejectPathTemplate,
  },
  'cost-expression': {
    allowed: 'paths such as usage.total_tokens, or a sum of them such as usage.input_tokens + usage.output_tokens * 5',
    reject: rejectCostExpression,
  },
  expression: { allowed: "a regular expression in RE2's syntax, at most 1000 characters", reject: rejectExpression },
  'header-or-cookie-name': { allowed: "a header's or cookie's name", reject: (text) => unless(TOKEN.test(text)) },
  'cookie-path': {
    allowed: 'a path that begins with a slash: printable ASCII without spaces and semicolons',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21-\x3a\x3c-\x7e]*$/.test(text)),
  },
  'cookie-domain': {
    allowed: 'a domain name, such as example.com, without a dot in front',
    reject: (text) => unless(parseAddress(text) === undefined && isHost(text) && !text.startsWith('.')),
  },
} as const satisfies Record<string, TextFormat>;

function rejectExpression(text: string): string | undefined {
  try {
    new LinearExpression(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is constant in it must be right; what placeholders become is checked for each request. */
function rejectPathTemplate(text: string): string | undefined {
  return rejectTemplate(text, (template) => {
    if (template.placeholders.includes('query')) return 'the query is kept by itself';
    // A letter in place of each placeholder: nothing is known about their values.
    const filled = template.fill({ valueOf: () => 'x' });
    return unless(
      /^[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(filled) &&
        !filled.includes('//') &&
        !/%(?![0-9a-fA-F]{2})/.test(filled) &&
        !hasDotSegment(filled),
    );
  });
}

function rejectRedirectPath(text: string): string | undefined {
  const [path = '', ...query] = text.split('?');
  if (!path.startsWith('/') || query.length > 1) return '';
  return (
    rejectPathTemplate(path) ??
    rejectTemplate(query.join(''), (template) =>
      template.placeholders.includes('query')
        ? 'the query is kept by itself'
        : unless(/^[\x21\x22\x24-\x7e]*$/.test(template.source)),
    )
  );
}

/** @param reject what else may be wrong with it */
function rejectTemplate(text: string, reject: (template: Template) => string | undefined): string | undefined {
  if (text.length > 1000) return '';
  try {
    return reject(new Template(text));
  } catch (error) {
    return (error as Error).message;
  }
}

function rejectFieldTemplate(text: string): string | undefined {
  if (!/^[\x20-\x7e]{0,1000}$/.test(text) || text !== text.trim()) return '';
  try {
    new Template(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function rejectCostExpression(text: string): string | undefined {
  try {
    return unless(new CostExpression(text).paths.length > 0);
  } catch (error) {
    return (error as RangeError).message;
  }
}
