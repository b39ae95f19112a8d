/** A message that a parser refuses, and with it its connection, because it is unknown where the next message begins. */

/**
 * `invalid`: not HTTP/1.1 according to RFC 9112. `…_too_large`: more than the limit allows. The others: another
 * protocol, recognized by its first bytes.
 */
export type HttpFaultKind =
  | 'invalid'
  | 'head_too_large'
  | 'extensions_too_large'
  | 'body_too_large'
  | 'method_too_long'
  | 'tls'
  | 'http2'
  | 'proxy_header';

export class HttpFault extends Error {
  readonly kind: HttpFaultKind;

  /** @param message what is wrong, for logs and answers: `a line ends without CR` */
  constructor(kind: HttpFaultKind, message: string) {
    super(message);
    this.name = 'HttpFault';
    this.kind = kind;
  }
}

export function invalid(message: string): HttpFault {
  return new HttpFault('invalid', message);
}
