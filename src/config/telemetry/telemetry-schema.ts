import { Type } from '@sinclair/typebox';

import { PARENT_MODES } from '../../tracing/core/tracing-vocabulary.ts';
import { duration, oneOf, ratio, section, text } from '../schema/schema-kinds.ts';

const endpoint = (path: string) =>
  text(
    'collector-url',
    `URL of the collector, such as \`http://collector:4318\`; without a path, \`${path}\` is added. Empty: off.`,
    { default: '' },
  );

const headers = () =>
  Type.Record(Type.String(), text('header-value', 'Value of the header.', { secret: true }), {
    default: {},
    description: 'Headers of each request to the collector, such as `authorization`.',
  });

/** Which header fields and attributes may be set is checked in check-telemetry.ts. */
export const TelemetrySchema = section(
  {
    service_name: text('attribute-value', 'Name of this service: `service.name`.', { default: 'sluice' }),
    resource: Type.Record(Type.String(), text('attribute-value', 'Value.'), {
      default: {},
      description:
        'Further attributes of the resource, such as `deployment.environment.name`. `service.version` and `service.instance.id` are set.',
    }),
    traces: section(
      {
        endpoint: endpoint('/v1/traces'),
        sample: ratio(0.01, 'Share of requests that is recorded; those that a caller decides on are not among them.'),
        parent: oneOf(
          PARENT_MODES,
          'follow',
          '`follow`: a request of a `server.trust_proxy` peer is recorded if its `traceparent` says so; others with that flag are recorded at the rate of `sample`. `ignore`: `sample` alone decides.',
        ),
        headers: headers(),
      },
      'Spans of requests, and of each try at a backend.',
    ),
    metrics: section(
      {
        endpoint: endpoint('/v1/metrics'),
        interval: duration('30s', 'Interval between two exports.'),
        headers: headers(),
      },
      'The metrics of `/metrics`.',
    ),
    logs: section(
      { endpoint: endpoint('/v1/logs'), headers: headers() },
      'The lines of the log, the access log included.',
    ),
  },
  'Export to an OpenTelemetry collector by OTLP/HTTP in JSON: docs/tracing.md.',
);
