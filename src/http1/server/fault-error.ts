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
      return new GatewayError('GW_BAD_REQUEST', { message: 'This port expects HTTP without TLS' });
    case 'http2':
      return new GatewayError('GW_BAD_REQUEST', {
        message: 'This port expects HTTP/1.1 or HTTP/1.0, not HTTP/2',
      });
    case 'proxy_header':
      return new GatewayError('GW_BAD_REQUEST', { message: 'A PROXY protocol header is not expected here' });
    default:
      return new GatewayError('GW_BAD_REQUEST', { message: `The request is malformed: ${message}` });
  }
}
