/**
 * What Node's parser accepts and a gateway must not: requests that two recipients may read differently, or that ask for
 * something unsupported. The parser itself refuses malformed lines, fields, lengths and chunks (client-error.ts).
 */
import { GatewayError, type ErrorCode } from '../../errors.ts';
import { isHost } from '../../routing/request-target.ts';

export interface CheckedRequest {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  /** Of HTTP/2: what its engine found. */
  readonly fault?: GatewayError | null;
  /** Of HTTP/2, where no field announces a body. */
  readonly hasBody?: boolean;
  /** Name and value alternating, as received. */
  readonly rawHeaders: readonly string[];
  /** Names in lower case; repeated fields are joined, except Host and Content-Length, where the first is kept. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Undefined: nothing is wrong with it. The connection of a refused request must be closed. */
export function requestFault(request: CheckedRequest): GatewayError | undefined {
  const { httpVersion, headers } = request;
  const is11 = httpVersion !== '1.0';
  if (httpVersion === '2.0') {
    const found = request.fault ?? undefined;
    if (found !== undefined) return found;
    if (request.method === 'TRACE' && request.hasBody === true) return fault('GW_BAD_REQUEST', 'TRACE has no body');
  } else if (is11 && httpVersion !== '1.1') {
    return fault('GW_BAD_REQUEST', 'Only HTTP/1.1 and HTTP/1.0 are supported');
  }

  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // RFC 9112, 6.1: the framing of an HTTP/1.0 message with it is unknown.
    if (!is11) return fault('GW_BAD_REQUEST', 'HTTP/1.0 has no Transfer-Encoding');
    if (coding !== 'chunked' && String(coding).toLowerCase() !== 'chunked') return fault('GW_CODING_NOT_SUPPORTED');
  }
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > Number.MAX_SAFE_INTEGER) return fault('GW_BODY_TOO_LARGE');

  const hosts = hostFields(request.rawHeaders);
  if (hosts > 1) return fault('GW_BAD_REQUEST', 'More than one Host field');
  if (hosts === 0 && is11)
    return fault('GW_BAD_REQUEST', httpVersion === '2.0' ? ':authority is missing' : 'HTTP/1.1 requires a Host field');
  if (hosts === 1 && !isHost(headers['host'] as string)) return fault('GW_BAD_REQUEST', 'The Host field is malformed');

  const { expect } = headers;
  if (expect !== undefined && is11 && String(expect).toLowerCase() !== '100-continue') {
    return fault('GW_EXPECTATION_FAILED');
  }
  if (request.method === 'TRACE' && (coding !== undefined || (length !== undefined && length !== '0'))) {
    return fault('GW_BAD_REQUEST', 'TRACE has no body');
  }
  return undefined;
}

function hostFields(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && (name === 'Host' || name === 'host' || name.toLowerCase() === 'host')) count += 1;
  }
  return count;
}

function fault(code: ErrorCode, message?: string): GatewayError {
  return new GatewayError(code, message === undefined ? {} : { message });
}
