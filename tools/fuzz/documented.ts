/** Intended differences between Sluice's parsers and llhttp. docs/http1.md explains them. */
import { LLHTTP_METHODS } from './llhttp-reading.ts';
import type { Message } from './reading.ts';

export interface Disputed {
  readonly isResponse: boolean;
  /** From the beginning of the disputed message, with the interim responses before it. */
  readonly text: string;
  /** `kind: message`; '' when there is none. */
  readonly fault: string;
  readonly llhttpFault: string;
  /** Describes what they read differently; '' if one of them refused the message. */
  readonly difference: string;
  /** The message before it, which both read the same. */
  readonly before: Message | undefined;
  readonly ours: Message | undefined;
  readonly theirs: Message | undefined;
}

export interface Documented {
  readonly name: string;
  /** Why ours does it. */
  readonly reason: string;
  /** The bytes that llhttp reads as part of the message may then be refused as the next one. */
  readonly mayLeadToRefusal?: boolean;
  /** Must look at the message itself, not only at the error of a parser. */
  holds(disputed: Disputed): boolean;
}

/** Refused by ours alone. */
export const STRICTNESS: readonly Documented[] = [
  {
    name: 'a version other than 1.1 and 1.0, or none',
    reason: 'RFC 9112, 2.3: HTTP/0.9 and HTTP/2 have other messages',
    holds: ({ isResponse, text, theirs }) =>
      isResponse
        ? /^HTTP\/[02]/m.test(text)
        : / HTTP\/(?:0\.9|2\.0)$/.test(theirs?.start ?? '') || /^[\r\n]*(?:PRI \* HTTP\/2|\S+ +\S+ *\r?\n)/.test(text),
  },
  {
    name: 'a protocol other than HTTP',
    reason: 'llhttp also reads RTSP, and ICE of Icecast',
    holds: ({ isResponse, text }) =>
      (isResponse ? /^(?:ICE|RTSP)\/|^(?:IC?E?|RT?S?P?)$(?![^])/m : /^[\r\n]*\S+ +\S+ +(?:ICE|RTSP)\//).test(text),
  },
  {
    name: 'more than one space in the request line',
    reason: 'RFC 9112, 3: a single SP; recipients that split elsewhere see another target',
    holds: ({ isResponse, fault, text }) =>
      !isResponse &&
      fault === 'invalid: the request line is malformed' &&
      /^[\r\n]*\S+ (?: +\S+ +| *\S+  +)HTTP\//.test(text),
  },
  {
    name: 'a target of no form',
    reason: 'RFC 9112, 3.2: it is routed by path or authority',
    holds: ({ fault, theirs, text }) => {
      // llhttp says nothing of PRI until its preface is complete.
      const line = theirs?.start ?? /^[\r\n]*(PRI \S+)/.exec(text)?.[1];
      if (fault !== 'invalid: the target is malformed' || line === undefined) return false;
      const [method, target] = line.split(' ') as [string, string];
      if (method === 'CONNECT') return /[/?#*@]/.test(target) || target === '';
      return (
        !target.startsWith('/') && target !== '*' && !/^[a-z]+:\/\/(?:[^/?#@[\]]*@)?[^/?#@]+(?:[/?]|$)/i.test(target)
      );
    },
  },
  {
    name: 'a transfer coding other than chunked, once',
    reason:
      'RFC 9112, 6.1 and 7.4: it would have to be decoded, and recipients frame lists differently; answered with 501 or 400',
    holds: ({ fault, theirs }) =>
      /^invalid: (?:unframed|a transfer coding|Transfer-Encoding)/.test(fault) && hasForeignCoding(theirs),
  },
  {
    name: 'a Content-Length beyond 2^53 − 1',
    reason: 'RFC 9110, 8.6: a recipient must not lose digits of it',
    holds: ({ fault, text }) =>
      fault === 'body_too_large: Content-Length is too large' &&
      [...text.matchAll(/^content-length:[\t ]*([0-9]+)/gim)].some(
        ([, length]) => BigInt(length!) > BigInt(Number.MAX_SAFE_INTEGER),
      ),
  },
  {
    name: 'a chunk size beyond 2^53 − 1, or of more than 16 digits',
    reason: 'RFC 9112, 7.1: a recipient must not lose digits of it',
    holds: ({ fault, text }) => fault === 'invalid: a chunk is too large' && /^0*[0-9a-f]{14}|^0{16}/im.test(text),
  },
  {
    name: 'a malformed chunk extension',
    reason: 'RFC 9112, 7.1.1: bytes that are skipped here may end a line elsewhere; no white space around it either',
    holds: ({ fault, text }) =>
      fault === 'invalid: a chunk extension is malformed' &&
      text.split('\r').some((line) => {
        const at = line.search(/;/);
        return at !== -1 && /^\n?[0-9a-f]+$/i.test(line.slice(0, at)) && !isExtension(line.slice(at + 1));
      }),
  },
  {
    name: 'a trailer that frames the message',
    reason: 'RFC 9110, 6.5.1: a recipient that merges trailers would read another message',
    holds: ({ fault, text }) =>
      fault === 'invalid: a trailer frames the message' && /^(?:content-length|transfer-encoding):/im.test(text),
  },
  {
    name: 'a control character in the reason phrase',
    reason: 'RFC 9112, 4: HTAB, SP, VCHAR and obs-text only',
    holds: ({ isResponse, fault, text }) =>
      isResponse &&
      fault.startsWith('invalid: control character') &&
      // oxlint-disable-next-line no-control-regex
      /^HTTP\/1\.[01] [0-9]{3} [^\r\n]*[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/m.test(text),
  },
  {
    name: 'an empty line before a status line',
    reason: 'RFC 9112, 2.2 allows it before requests only',
    holds: ({ isResponse, text }) => isResponse && /(?:^|\r\n\r\n)[\r\n]/.test(text),
  },
  {
    name: 'a status below 100, or 101',
    reason: 'RFC 9110, 15: there is none below 100, and 101 answers a request for an upgrade only',
    holds: ({ fault, text }) =>
      fault.endsWith('answers no request of ours') && /^HTTP\/1\.[01] (?:0[0-9]{2}|101)/m.test(text),
  },
];

/** Accepted by ours alone, or read differently. */
export const LENIENCES: readonly Documented[] = [
  {
    name: 'any token as a method',
    reason: 'RFC 9110, 9.1; llhttp has a list, or other rules for some',
    holds: ({ isResponse, ours }) => !isResponse && !LLHTTP_METHODS.has((ours?.start ?? ' ').split(' ', 1)[0]!),
  },
  {
    name: 'bytes above 0x7f in a target',
    reason: 'clients send them, and backends get them unchanged',
    holds: ({ llhttpFault, ours }) =>
      llhttpFault.startsWith('HPE_INVALID_URL') && /[\x80-\xff]/.test(ours?.start ?? ''),
  },
  {
    name: 'digits, +, - and . in a scheme',
    reason: 'RFC 3986, 3.1; routing refuses all but http and https',
    holds: ({ llhttpFault, ours }) =>
      llhttpFault.startsWith('HPE_INVALID_URL') && / [a-z]+[0-9+.-][^:]*:\/\//i.test(ours?.start ?? ''),
  },
  {
    name: 'a response in another transfer coding ends with its connection',
    reason: 'forwarding answers 502 instead of it, and its connection is closed',
    holds: ({ isResponse, llhttpFault, text, ours }) =>
      isResponse &&
      (llhttpFault.startsWith('HPE_INVALID_TRANSFER_ENCODING')
        ? hasForeignCoding(ours) || (ours === undefined && /^transfer-encoding:[\t ]*\r$/im.test(text))
        : ours?.isKeptAlive === false && hasForeignCoding(ours)),
  },
  {
    name: 'the connection ends after an HTTP/1.0 response with Transfer-Encoding',
    reason: 'RFC 9112, 6.1: its framing is faulty',
    holds: ({ isResponse, difference, ours, text }) =>
      isResponse &&
      difference === 'kept alive: [false,true]' &&
      /^HTTP\/1\.0 /m.test(text) &&
      valuesOf(ours!, 'transfer-encoding').length > 0,
  },
  {
    name: 'the connection stays open after an interim response',
    reason: 'RFC 9110, 15.2: the response comes after it; llhttp takes close, and HTTP/1.0, for the end',
    holds: ({ llhttpFault, text }) =>
      llhttpFault.startsWith('HPE_CLOSED_CONNECTION') && /^HTTP\/1\.(?:0 1|1 1[^]*^connection:.*close)/im.test(text),
  },
  {
    name: 'the connection stays open after a trailer that says close',
    reason: 'RFC 9110, 6.5.1: a trailer is no field of the head',
    holds: ({ llhttpFault, before }) =>
      llhttpFault.startsWith('HPE_CLOSED_CONNECTION') &&
      (before?.trailers ?? []).some((name, at) => at % 2 === 0 && name.toLowerCase() === 'connection'),
  },
  {
    name: 'a tab after chunked',
    reason: 'RFC 9110, 5.5: white space around a value is no part of it; llhttp knows no chunked then',
    holds: ({ text, ours }) =>
      /^transfer-encoding:[\t ]*chunked[\t ]*\t[\t ]*\r$/im.test(text) && !hasForeignCoding(ours),
  },
  {
    name: 'close ends an HTTP/1.0 connection despite keep-alive',
    reason: 'RFC 9112, 9.3: close comes first in any version',
    holds: ({ difference, ours }) =>
      difference === 'kept alive: [false,true]' &&
      valuesOf(ours!, 'connection').some((value) => /\bclose\b/i.test(value)),
  },
  {
    name: 'an interim response has no body',
    reason: 'RFC 9112, 6.3, item 1; llhttp reads one for 104 to 199, and refuses an empty coding in any of them',
    mayLeadToRefusal: true,
    holds: ({ isResponse, llhttpFault, text, before, ours, theirs }) =>
      isResponse &&
      ([theirs, ours, before].some((message) => /^interim 1(?:0[4-9]|[1-9])/.test(message?.start ?? '')) ||
        (llhttpFault.startsWith('HPE_INVALID_TRANSFER_ENCODING') && /^HTTP\/1\.[01] 1/m.test(text))),
  },
];

function valuesOf({ fields }: Message, name: string): string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === name);
}

function hasForeignCoding(message: Message | undefined): boolean {
  if (message === undefined) return false;
  const codings = valuesOf(message, 'transfer-encoding');
  const isOld = message.start.endsWith(' HTTP/1.0');
  return codings.length > 1 || codings.some((coding) => isOld || coding.toLowerCase() !== 'chunked');
}

/** Without its first `;`. */
function isExtension(text: string): boolean {
  const unquoted = text.replace(/="(?:[\t\x20!\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"(?=;|$)/g, '=q');
  return unquoted.split(';').every((part) => /^[\w!#$%&'*+.^`|~-]+(?:=[\w!#$%&'*+.^`|~-]+)?$/.test(part));
}
