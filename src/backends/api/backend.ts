/** Bodies and paths of /v1/api/backends and /v1/api/circuit-breaker. */
import { Type, type Static } from '@sinclair/typebox';
import { MAX_IN_FLIGHT, WEIGHT } from '../core/backends-vocabulary.ts';
import { MAX_POOL_NAME } from '../../balancing/core/pool-name-rule.ts';
import { DEFAULT_OPEN_SECONDS, OPEN_SECONDS } from '../../breaker/core/breaker-vocabulary.ts';
import { BackendView } from './backend-view.ts';
import { nullable } from '../../api/json-types.ts';

const pool = Type.String({
  minLength: 1,
  maxLength: MAX_POOL_NAME,
  description: 'Name of a pool of the configuration',
});
const weight = Type.Integer({ ...WEIGHT, description: 'Share of the pool’s traffic' });
const enabled = Type.Boolean({ description: 'False: gets no traffic and no health checks' });
const backup = Type.Boolean({ description: 'Gets requests only while no other backend of the pool is available' });
const maxInFlight = Type.Integer({
  ...MAX_IN_FLIGHT,
  description: 'Limit of requests in flight, across all threads',
});

export const NewBackendBody = Type.Object(
  {
    pool,
    url: Type.String({
      format: 'backend-url',
      maxLength: 2048,
      description: 'As in the file: scheme, host, port, and optionally a base path',
      examples: ['http://10.0.0.3:8081', 'h2c://10.0.0.3:50051'],
    }),
    id: Type.Optional(
      Type.String({ format: 'backend-id', description: 'Default: derived from pool, host, port and path' }),
    ),
    weight: Type.Optional(Type.Integer({ ...weight, default: 1 })),
    enabled: Type.Optional(Type.Boolean({ ...enabled, default: true })),
    backup: Type.Optional(Type.Boolean({ ...backup, default: false })),
    max_in_flight: Type.Optional(nullable(Type.Integer({ ...maxInFlight, default: null }))),
  },
  {
    additionalProperties: false,
    'x-examples': {
      backend: { summary: 'One more backend', value: { pool: 'default', url: 'http://127.0.0.1:8084' } },
      backup: {
        summary: 'Only for when no other is available',
        value: { pool: 'default', url: 'http://127.0.0.1:8085', id: 'spare', backup: true, max_in_flight: 50 },
      },
    },
  },
);

export const ChangedBackendBody = Type.Object(
  {
    pool: Type.Optional(nullable(pool)),
    weight: Type.Optional(nullable(weight)),
    enabled: Type.Optional(nullable(enabled)),
    backup: Type.Optional(nullable(backup)),
    max_in_flight: Type.Optional(nullable(maxInFlight)),
  },
  {
    additionalProperties: false,
    'x-examples': {
      weight: { summary: 'Twice the traffic', value: { weight: 2 } },
      limit: { summary: 'At most 100 requests at a time', value: { max_in_flight: 100 } },
      file: { summary: 'The values of the file again', value: { weight: null, max_in_flight: null } },
    },
  },
);

const replaced = {
  pool,
  weight: Type.Optional(weight),
  enabled: Type.Optional(enabled),
  backup: Type.Optional(backup),
  max_in_flight: Type.Optional(nullable(maxInFlight)),
};

/** Fields of the answer to a GET, accepted so that it can be sent back unchanged. */
const naming = Type.Optional(Type.String({ readOnly: true, description: 'Accepted if unchanged' }));
const names = { id: naming, opaque_id: naming, url: naming };
const readOnlyFields = Object.fromEntries(
  Object.keys(BackendView.properties)
    .filter((name) => !(name in replaced) && !(name in names))
    .map((name) => [name, Type.Optional(Type.Unknown({ readOnly: true, description: 'Accepted and ignored' }))]),
) as Record<never, never>;

export const ReplacedBackendBody = Type.Object(
  { ...replaced, ...names, ...readOnlyFields },
  { additionalProperties: false, examples: [{ pool: 'default', weight: 2, max_in_flight: 100 }] },
);

/** Of the first backend of `npm run demo`. */
export const SHOWN_BACKEND = 'default-127.0.0.1-8081';

export const BackendPath = Type.Object({
  id: Type.String({ minLength: 1, description: 'As in the list, percent-encoded', examples: [SHOWN_BACKEND] }),
});

export const OpenCircuitBody = Type.Object(
  {
    seconds: Type.Optional(
      Type.Integer({ ...OPEN_SECONDS, default: DEFAULT_OPEN_SECONDS, description: 'How long it stays open' }),
    ),
  },
  { additionalProperties: false, examples: [{ seconds: 30 }] },
);

export const CircuitPath = Type.Object({
  backend: Type.String({
    minLength: 1,
    description: 'Id of a backend, or a URL, percent-encoded, for all backends with this URL',
    'x-examples': {
      id: { summary: 'An id', value: SHOWN_BACKEND },
      url: { summary: 'A URL', value: 'http://127.0.0.1:8081' },
    },
  }),
});

export type ReplacedBackendBody = Static<typeof ReplacedBackendBody>;
export type ChangedBackendBody = Static<typeof ChangedBackendBody>;
