/** Bodies, queries and answers of /v1/api/clients. */
import { Type, type Static, type TProperties } from '@sinclair/typebox';
import { CAPACITY, LIMIT_ALGORITHMS, MAX_CLIENT_NAME, QUOTA, RATE, WINDOW_SECONDS } from '../core/limits-vocabulary.ts';
import { CLIENT_KINDS } from '../../identity/core/identity-vocabulary.ts';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { GatewayError } from '../../errors.ts';

const capacity = Type.Number({
  ...CAPACITY,
  description: 'Largest burst of a token bucket, requests in any window of a sliding window',
});
const ratePerSecond = Type.Number({
  ...RATE,
  description: 'Refill of a token bucket, in requests a second; a sliding window has none',
});
const algorithm = stringEnum(LIMIT_ALGORITHMS);
const windowSeconds = Type.Number({
  ...WINDOW_SECONDS,
  description: 'Length of a sliding window in seconds, default 60; a token bucket has none',
});
const rateAlias = Type.Number({ ...ratePerSecond, description: 'The same as rate_per_second', deprecated: true });
const name = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'printable',
  maxLength: MAX_CLIENT_NAME,
  description: 'Display name; null: none',
});
const enabled = Type.Boolean({ description: 'False: kept, but its limit and API key do not apply' });
const requests = (description: string) => nullable(Type.Integer({ ...QUOTA, description }));
const quotas = nullable(
  Type.Object(
    {
      day: Type.Optional(requests('In a calendar day; null: no limit of its own')),
      month: Type.Optional(requests('In a calendar month; null: no limit of its own')),
    },
    {
      additionalProperties: false,
      description:
        'Most requests on all routes together, instead of rate_limit.quota and in its time zone; null: rate_limit.quota applies',
      examples: [{ day: 10_000, month: 200_000 }],
    },
  ),
);
const apiKey = (description: string) => Type.Boolean({ description });

/** Before validation the alias is renamed ({@link withoutRateAlias}); both are left only when they differ. */
function clientBody<Properties extends TProperties>(properties: Properties, rules: object = {}) {
  return Type.Object(properties, {
    additionalProperties: false,
    // For anything but an object, `type` reports the error.
    not: { type: 'object', required: ['rate_per_second', 'rate_per_sec'] },
    'x-rule': 'rate_per_second and its alias rate_per_sec differ; give one of them',
    ...rules,
  });
}

export const NewClientBody = clientBody(
  {
    ip_address: Type.Optional(
      Type.String({
        format: 'ip-or-cidr',
        description: 'IPv4 or IPv6 address, or CIDR block',
        examples: ['10.0.0.0/8'],
      }),
    ),
    client_id: Type.Optional(
      Type.String({ format: 'client-id', description: 'As sent in X-Client-ID', examples: ['user1'] }),
    ),
    capacity: Type.Optional(capacity),
    rate_per_second: Type.Optional(ratePerSecond),
    rate_per_sec: Type.Optional(rateAlias),
    algorithm: Type.Optional(algorithm),
    window_seconds: Type.Optional(windowSeconds),
    name: Type.Optional(name),
    enabled: Type.Optional(enabled),
    quotas: Type.Optional(quotas),
    api_key: Type.Optional(apiKey('True: create an API key, shown in this answer only')),
  },
  {
    allOf: [
      {
        oneOf: [{ required: ['ip_address'] }, { required: ['client_id'] }],
        'x-rule': 'give exactly one of ip_address and client_id',
      },
    ],
    'x-examples': {
      id: {
        summary: 'By the id that it sends in X-Client-ID',
        value: { client_id: 'mobile-app', capacity: 20, rate_per_second: 5 },
      },
      address: {
        summary: 'By its IP address',
        value: { ip_address: '192.0.2.7', capacity: 50, rate_per_second: 10 },
      },
      block: {
        summary: 'All addresses of a CIDR block together',
        value: { ip_address: '10.0.0.0/8', capacity: 1000, rate_per_second: 200, name: 'Office' },
      },
      key: {
        summary: 'By an API key, which the answer shows once',
        value: { client_id: 'partner', capacity: 100, rate_per_second: 20, api_key: true },
      },
      window: {
        summary: 'At most 600 requests in any minute',
        value: { client_id: 'reports', algorithm: 'sliding-window', capacity: 600, window_seconds: 60 },
      },
      quota: {
        summary: 'With quotas for a day and a month',
        value: {
          client_id: 'trial',
          capacity: 10,
          rate_per_second: 1,
          quotas: { day: 10_000, month: 200_000 },
        },
      },
    },
  },
);

/** Fields of the answer to a GET, accepted so that it can be sent back unchanged. */
const asRead = (description: string) => Type.Optional(Type.String({ readOnly: true, description }));
/** For a token bucket, the limit above; for a sliding window, its highest possible average. */
const anyRate = Type.Number({ ...ratePerSecond, maximum: CAPACITY.maximum });
const UNCHANGED_ONLY = 'Accepted if unchanged';
const NOT_READ = 'Accepted and ignored';

export const ReplacedClientBody = clientBody(
  {
    capacity,
    rate_per_second: Type.Optional(anyRate),
    rate_per_sec: Type.Optional(rateAlias),
    algorithm: Type.Optional(algorithm),
    window_seconds: Type.Optional(nullable(windowSeconds)),
    name: Type.Optional(name),
    enabled: Type.Optional(enabled),
    quotas: Type.Optional(quotas),
    id: asRead(UNCHANGED_ONLY),
    key: asRead(UNCHANGED_ONLY),
    ip_address: asRead(UNCHANGED_ONLY),
    client_id: asRead(UNCHANGED_ONLY),
    has_api_key: Type.Optional(Type.Boolean({ readOnly: true, description: NOT_READ })),
    created_at: asRead(NOT_READ),
    updated_at: asRead(NOT_READ),
    version: Type.Optional(Type.Integer({ readOnly: true, description: NOT_READ })),
  },
  {
    if: { properties: { algorithm: { const: 'sliding-window' } }, required: ['algorithm'] },
    else: { properties: { rate_per_second: ratePerSecond }, required: ['rate_per_second'] },
    'x-examples': {
      bucket: { summary: 'A token bucket', value: { capacity: 40, rate_per_second: 10, name: 'Mobile app' } },
      window: {
        summary: 'A sliding window',
        value: { algorithm: 'sliding-window', capacity: 600, window_seconds: 60 },
      },
    },
  },
);

export const ChangedClientBody = clientBody(
  {
    capacity: Type.Optional(capacity),
    rate_per_second: Type.Optional(ratePerSecond),
    rate_per_sec: Type.Optional(rateAlias),
    algorithm: Type.Optional(algorithm),
    window_seconds: Type.Optional(windowSeconds),
    name: Type.Optional(name),
    enabled: Type.Optional(enabled),
    quotas: Type.Optional(quotas),
    api_key: Type.Optional(apiKey('True: create a new API key, shown in this answer only; false: remove it')),
  },
  {
    'x-examples': {
      limit: { summary: 'Another limit', value: { capacity: 60, rate_per_second: 15, algorithm: 'token-bucket' } },
      key: { summary: 'A new API key', value: { api_key: true } },
      quota: { summary: 'A quota for each day', value: { quotas: { day: 10_000, month: null } } },
      off: { summary: 'Back to the default limit, for a while', value: { enabled: false } },
    },
  },
);

export const ClientQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Most clients of a page' }),
    offset: Type.Integer({ minimum: 0, maximum: 1e9, default: 0, description: 'How many to skip' }),
    kind: Type.Optional(stringEnum(CLIENT_KINDS, { description: 'Only clients of this kind' })),
    enabled: Type.Optional(Type.Boolean({ description: 'Only those whose limit applies, or does not' })),
    search: Type.Optional(
      Type.String({ format: 'printable', maxLength: 128, description: 'Part of the key or name, case-insensitive' }),
    ),
  },
  { additionalProperties: false },
);

export const ClientPath = Type.Object({
  key: Type.String({
    description: 'IP address, CIDR block or client id, percent-encoded',
    'x-examples': {
      id: { summary: 'A client id', value: 'mobile-app' },
      address: { summary: 'An IP address', value: '192.0.2.7' },
      block: { summary: 'A CIDR block', value: '10.0.0.0/8' },
    },
  }),
});

export function malformedKey(): GatewayError {
  const message = 'must be an IP address, a CIDR block, or a client id of 1 to 128 visible ASCII characters';
  return new GatewayError('GW_VALIDATION', { details: [{ field: 'key', message }] });
}

export const ClientAnswer = Type.Object(
  {
    id: Type.String({ description: 'The same as key' }),
    key: Type.String({ description: 'Canonical: 10.0.0.0/8, 2001:db8::1, user1' }),
    ip_address: Type.Optional(Type.String()),
    client_id: Type.Optional(Type.String()),
    name: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    algorithm,
    capacity: Type.Number(),
    rate_per_second: Type.Number({ description: 'For a sliding window, the average: capacity / window_seconds' }),
    window_seconds: nullable(Type.Number({ description: 'Null: a token bucket' })),
    enabled: Type.Boolean(),
    quotas: Type.Object(
      { day: nullable(Type.Integer()), month: nullable(Type.Integer()) },
      { description: 'Its own quotas, on all routes together; null: none. usage has what is used of them' },
    ),
    has_api_key: Type.Boolean(),
    api_key: Type.Optional(Type.String({ description: 'Shown only once, when it is created' })),
    created_at: Type.String({ description: 'RFC 3339' }),
    updated_at: Type.String({ description: 'RFC 3339' }),
    version: Type.Integer({ description: 'Incremented with every change; the ETag is derived from it' }),
  },
  { $id: 'Client', additionalProperties: false },
);

export type NewClientBody = Static<typeof NewClientBody>;
export type ReplacedClientBody = Static<typeof ReplacedClientBody>;
export type ChangedClientBody = Static<typeof ChangedClientBody>;
export type ClientAnswer = Static<typeof ClientAnswer>;

/**
 * Renames `rate_per_sec` to `rate_per_second`, unless both are there and differ. Anything but an object stays as it is.
 */
export function withoutRateAlias(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !Object.hasOwn(body, 'rate_per_sec'))
    return body;
  const { rate_per_sec: alias, ...rest } = body as Record<string, unknown>;
  if (Object.hasOwn(rest, 'rate_per_second')) return rest['rate_per_second'] === alias ? rest : body;
  return { ...rest, rate_per_second: alias };
}
