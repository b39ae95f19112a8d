/** Node's HTTP parser errors as errors of ours that say what was wrong. Pure: its event in, the error out. */
import { type ErrorCode, GatewayError } from '../errors.ts';

/** What comes with Node's `clientError` event. */
export interface ParserFault {
  /** `HPE_…` of llhttp, or Node's own. */
  readonly code?: string;
  /** llhttp's message. */
  readonly reason?: string;
  /** What was being parsed, and the byte at which the parser gave up. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
}

/** Anything else is a malformed request. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEAD_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT',
};

/** Clearer messages than the parser's. */
const REASONS: Readonly<Record<string, string>> = {
  HPE_INVALID_EOF_STATE: 'The connection ended before it did',
  HPE_PAUSED_H2_UPGRADE: 'HTTP/2 is not supported, only HTTP/1.1 and HTTP/1.0 are',
};

/** A method is any token followed by a space (RFC 9110, 9.1; RFC 9112, 3); the space may not have arrived yet. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}(?: |$)/;
/** HAProxy's doc/proxy-protocol.txt, 2.1. */
const PROXY_V1 = /^PROXY (?:TCP[46]|UNKNOWN)/;
const LF = 10;
/** A TLS handshake record: its type, and the major version. */
const TLS_HELLO = [22, 3] as const;

export function parserError(fault: ParserFault): GatewayError {
  const { code = '', reason } = fault;
  if (Object.hasOwn(CODES, code)) return new GatewayError(CODES[code]!);
  if (code === 'HPE_INVALID_METHOD') {
    const line = lineAt(fault);
    if (TLS_HELLO.every((byte, at) => line[at] === byte)) {
      return new GatewayError('GW_BAD_REQUEST', { message: 'This port expects HTTP without TLS' });
    }
    if (PROXY_V1.test(line.toString('latin1', 0, 14))) {
      return new GatewayError('GW_BAD_REQUEST', { message: 'A PROXY protocol header is not expected here' });
    }
    if (METHOD.test(line.toString('latin1', 0, 80))) return new GatewayError('GW_METHOD_NOT_SUPPORTED');
  }
  const why = REASONS[code] ?? reason;
  return new GatewayError('GW_BAD_REQUEST', why ? { message: `The request is malformed: ${why}` } : {});
}

/** The line at which the parser gave up, as far as it has arrived. */
function lineAt({ rawPacket, bytesParsed = 0 }: ParserFault): Buffer {
  if (!Buffer.isBuffer(rawPacket)) return Buffer.alloc(0);
  const before = bytesParsed > 0 ? rawPacket.lastIndexOf(LF, bytesParsed - 1) : -1;
  return rawPacket.subarray(before + 1);
}
