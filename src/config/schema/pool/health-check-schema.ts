import { Type } from '@sinclair/typebox';

import { DEFAULT_HEALTH_STATUS } from '../../../health/core/default-check.ts';
import { SAFE_METHODS } from '../../../http/safe-methods.ts';
import { duration, flag, integer, oneOf, section, text } from '../schema-kinds.ts';

/** Keys of HTTP checks: a TCP check has none of them, neither set nor inherited. */
export const HTTP_CHECK_KEYS = [
  'path',
  'method',
  'headers',
  'expected_status',
  'expected_body',
  'expected_headers',
] as const;

export const HealthCheckSchema = section(
  {
    enabled: flag(true, 'Check the health of every backend.'),
    type: oneOf(
      ['http', 'tcp', 'grpc'],
      'http',
      '`http`: a request, and expectations of its answer. `tcp`: a successful connection; for https backends ' +
        'with a verified TLS handshake. `grpc`: a call of `grpc.health.v1.Health/Check`; needs `protocol: h2` or `h2c`.',
    ),
    service: Type.Optional(
      text('grpc-service', 'Service that a check of type `grpc` asks for. Default: the server as a whole.'),
    ),
    method: oneOf(SAFE_METHODS, 'GET', 'Method of the request.'),
    path: Type.Optional(
      text(
        'probe-path',
        'Path of the request, below the base path of the backend. Default: `/health`; a backend that never passed and ' +
          'answers 404, 405 or 501 to this default is unchecked, and gets requests.',
      ),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'Check another port of the same host. Default: its own.',
      }),
    ),
    headers: Type.Record(Type.String(), text('header-value', 'Value of the header.', { secret: true }), {
      default: {},
      description: 'Headers to send, by name, including `host`. Their values are never shown.',
    }),
    interval: duration('5s', 'Time between two checks of one gateway; each gateway does its own.'),
    fast_interval: duration(
      '2s',
      'Interval while a backend is down or changing. The default never exceeds `interval`.',
    ),
    timeout: duration(
      '2s',
      'Time limit of a check. Below `interval`, at most `fast_interval`; the default is shortened to fit.',
    ),
    rise: integer([1, 100], 2, 'Consecutive successes until a backend is healthy again.'),
    fall: integer([1, 100], 3, 'Consecutive failures until a backend is unhealthy.'),
    expected_status: Type.Tuple([Status(), Status()], {
      default: DEFAULT_HEALTH_STATUS,
      description: 'First and last status that counts as healthy.',
    }),
    expected_body: Type.Optional(
      text('expected-text', 'Text required in the first 64 KiB of the body. Default: none.'),
    ),
    expected_headers: Type.Record(Type.String(), text('header-value', 'Text that the header must contain.'), {
      default: {},
      description: 'Required headers of the answer, by name, and the text that each must contain; empty: any value.',
    }),
  },
  'Active health checks.',
);

function Status() {
  return Type.Integer({ minimum: 100, maximum: 599 });
}
