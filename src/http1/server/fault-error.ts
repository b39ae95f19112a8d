/** Parser faults as the errors that the client gets. */
import { GatewayError } from '../../errors.ts';
import type { HttpFault } from '../core/http-fault.ts';

export function faultError({ kind, message }: HttpFault): GatewayError {
  switch (kind) {
    case 'head_too_large':
      return new GatewayError('GW_HEAD_TOO_LARGE');
    case 'method_too_long':
      return new GatewayError('GW_METHOD_NOT_SUPPORTED', { message: `The method is too long: ${message}` });
    case 'body_too_large':
      return new GatewayError('GW_BODY_TOO_LARGE');
    case 'tls':
      return new GatewayError('GW_BAD_REQUEST', { message: 'This port speaks HTTP without TLS, and TLS came' });
    case 'http2':
      return new GatewayError('GW_BAD_REQUEST', {
        message: 'The request is malformed: It is HTTP/2, and only HTTP/1.1 and HTTP/1.0 are spoken here',
      });
    case 'proxy_header':
      return new GatewayError('GW_BAD_REQUEST', { message: 'A PROXY protocol header is not expected here' });
    default:
      return new GatewayError('GW_BAD_REQUEST', { message: `The request is malformed: ${message}` });
  }
}
