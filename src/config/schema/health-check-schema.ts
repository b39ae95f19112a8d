import { Type } from '@sinclair/typebox';

import { SAFE_METHODS } from '../../http/safe-methods.ts';
import { duration, flag, integer, oneOf, section, text } from './schema-kinds.ts';

/** What only a check by HTTP can ask for: a TCP check takes none of it, neither given nor inherited. */
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
    enabled: flag(true, 'Ask every backend how it is.'),
    type: oneOf(
      ['http', 'tcp'],
      'http',
      '`http`: a request and what is expected of its answer. `tcp`: a connection that can be made; for https backends ' +
        'with a verified TLS handshake.',
    ),
    method: oneOf(SAFE_METHODS, 'GET', 'What it is asked with.'),
    path: text('probe-path', 'What is asked for, below the base path of the backend.', { default: '/health' }),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'Another port of the same host to ask. Left out: its own.',
      }),
    ),
    headers: Type.Record(Type.String(), text('header-value', 'Value of the header.', { secret: true }), {
      default: {},
      description: 'Headers to send, by name; `host` too. The values are shown nowhere.',
    }),
    interval: duration('5s', 'Time between two checks.'),
    fast_interval: duration(
      '2s',
      'The same while a backend is down or changing. The default is never above `interval`.',
    ),
    timeout: duration('2s', 'A check without an answer by then has failed. Below `interval`, at most `fast_interval`.'),
    rise: integer([1, 100], 2, 'Good checks in a row until a backend is healthy again.'),
    fall: integer([1, 100], 3, 'Failed checks in a row until a backend is unhealthy.'),
    expected_status: Type.Tuple([Status(), Status()], {
      default: [200, 399],
      description: 'The first and the last status that counts as good.',
    }),
    expected_body: Type.Optional(
      text('expected-text', 'Text that must be in the first 64 KiB of the body. Left out: any body will do.'),
    ),
    expected_headers: Type.Record(Type.String(), text('header-value', 'Text that the header must contain.'), {
      default: {},
      description: 'Headers of the answer, by name, and the text that each must contain; empty: it must be there.',
    }),
  },
  'Active health checks.',
);

function Status() {
  return Type.Integer({ minimum: 100, maximum: 599 });
}
