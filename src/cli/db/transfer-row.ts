/** The lines of an exported database, and the checks of a single one. */
import { Type, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { isStorable } from '../../core/storable.ts';
import { isH2cUrl, rejectBackendUrl } from '../../net/backend-url.ts';
import { QUOTA } from '../../limits/core/limits-vocabulary.ts';
import { MAX_FILL_SECONDS } from '../../limits/core/token-bucket.ts';
import { CLIENT_KINDS } from '../../identity/core/identity-vocabulary.ts';
import { clientKey } from '../../identity/client-key.ts';
import { CHALLENGE_TYPES } from '../../acme/core/acme-vocabulary.ts';
import { STORED_ROLES } from '../../admin-access/core/admin-access-vocabulary.ts';
import type { Transferred, TransferRow } from '../../database/transfer.ts';
import { ChangedBackendBody } from '../../backends/api/backend.ts';
import { ReplacedClientBody } from '../../limits/api/client.ts';
import { fieldProblems } from '../../api/field-problems.ts';
import { FORMATS } from '../../api/string-formats.ts';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

// Optional fields of a body are required in a row.
const { capacity, name, algorithm, enabled } = Type.Required(ReplacedClientBody).properties;
const { pool, weight, backup, max_in_flight: maxInFlight } = Type.Required(ChangedBackendBody).properties;

const instant = Type.String({ format: 'instant' });
const dates = {
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  created_at: instant,
  updated_at: instant,
};
const nullableBoolean = nullable(Type.Boolean());
const text = Type.String();
// Exported by a version without quotas of clients, a row does not have them.
const quota = Type.Optional(nullable(Type.Integer(QUOTA)));

/** Of certificates: written by Sluice alone, and judged when they are used. */
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const nullableText = nullable(text);
const nullableInstant = nullable(instant);
const hosts = Type.Array(text);

/**
 * Follows the columns of drizzle/table-definitions.ts; a test compares the two. Fields that the API bounds have the API's bounds;
 * others (the length of a canonical URL, say, or what a caller asked for) have none here.
 */
export const ROW_SCHEMAS: Readonly<Record<Transferred, TSchema>> = {
  client: row({
    key: text,
    kind: stringEnum(CLIENT_KINDS),
    name,
    capacity,
    // For a sliding window, its average, which a token bucket made from it keeps: so the API's bounds do not apply.
    rate_per_second: Type.Number({ exclusiveMinimum: 0 }),
    algorithm,
    // As allowed for the configuration's default, which a new client copies.
    window_seconds: nullable(Type.Number({ exclusiveMinimum: 0, maximum: MAX_FILL_SECONDS })),
    enabled,
    api_key_hash: nullable(Type.String({ format: 'sha256' })),
    quota_day: quota,
    quota_month: quota,
    ...dates,
  }),
  backend: row({
    id: Type.String({ minLength: 1 }),
    pool,
    url: nullable(text),
    weight,
    enabled: nullableBoolean,
    draining: nullableBoolean,
    backup,
    max_in_flight: maxInFlight,
    ...dates,
  }),
  level: row({
    gateway: Type.Optional(text),
    key: text,
    tokens: Type.Number({ minimum: 0 }),
    saved_at: instant,
  }),
  audit: row({
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    at: instant,
    actor: text,
    role: stringEnum(STORED_ROLES),
    address: text,
    action: text,
    target: nullable(text),
    status: Type.Integer({ minimum: 100, maximum: 999 }),
    before: Type.Unknown(),
    after: Type.Unknown(),
    request_id: text,
    gateway: Type.Optional(nullable(text)),
  }),
  secret: row({ name: Type.String({ minLength: 1 }), value: text, created_at: instant }),
  certificate: row({
    id: Type.String({ minLength: 1 }),
    hosts,
    issuer: nullableText,
    challenge: nullable(stringEnum(CHALLENGE_TYPES)),
    chain_pem: nullableText,
    key_encrypted: nullableText,
    error: nullableText,
    failures: count,
    attempts: Type.Array(Type.Number()),
    next_attempt_at: nullableInstant,
    is_renewal_requested: Type.Boolean(),
    renewal_start: nullableInstant,
    renewal_end: nullableInstant,
    renewal_check_at: nullableInstant,
    order_issuer: nullableText,
    order_url: nullableText,
    order_key_encrypted: nullableText,
    lease_owner: nullableText,
    lease_until: nullableInstant,
    used_at: nullableInstant,
    version: count,
  }),
  account: row({
    id: Type.String({ minLength: 1 }),
    url: text,
    key_encrypted: text,
    next_key_encrypted: nullableText,
    created_at: instant,
  }),
  upload: row({
    id: Type.String({ minLength: 1 }),
    hosts,
    chain_pem: text,
    key_encrypted: text,
    ...dates,
  }),
  pushed: row({
    pool: Type.String({ minLength: 1 }),
    // Read as what was pushed: what is no member then is left out, and named.
    members: nullable(Type.Array(Type.Unknown())),
    ttl_seconds: nullable(Type.Number({ exclusiveMinimum: 0 })),
    pushed_at: instant,
    version: count,
  }),
  order: row({
    backend: Type.String({ minLength: 1 }),
    until: nullableInstant,
    ordered_at: instant,
    version: count,
  }),
  quota: row({ id: Type.String({ minLength: 1 }), period: Type.Integer(), used: count, ends_at: instant }),
};

function row(columns: Parameters<typeof Type.Object>[0]): TSchema {
  return Type.Object(columns, { additionalProperties: false });
}

interface ClientRow {
  readonly key: string;
  readonly kind: string;
  readonly capacity: number;
  readonly algorithm: string;
  readonly rate_per_second: number;
}

interface BackendRow {
  readonly url: string | null;
  readonly pool: string | null;
}

/** Checks across columns, and our own rules. */
const RULES: Readonly<Partial<Record<Transferred, (row: never) => string | undefined>>> = {
  client: ({ key, kind, capacity: max, algorithm: by, rate_per_second: rate }: ClientRow) => {
    const named = clientKey(key);
    if (named === undefined) return 'key: not an IP address, CIDR block or client id';
    if (named.kind !== kind || named.key !== key) return `key: this is the ${named.kind} ${named.key}`;
    if (by === 'sliding-window') return undefined;
    return max / rate <= MAX_FILL_SECONDS
      ? undefined
      : 'rate_per_second: too slow for capacity: a bucket must fill within 366 days';
  },
  backend: ({ url, pool }: BackendRow) => {
    if (url === null) return undefined;
    if (pool === null) return 'pool: is required with a url';
    const reason = isH2cUrl(url) ? 'write http://; its pool has protocol: h2c' : rejectBackendUrl(url);
    return reason === undefined ? undefined : `url: ${reason}`;
  },
};

/** Built once per process: compiling the schemas takes a while. */
export function rowCheck(): (type: Transferred, row: TransferRow) => readonly string[] {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
    strictNumbers: true,
    formats: {
      ...Object.fromEntries(Object.entries(FORMATS).map(([format, { isValid }]) => [format, isValid])),
      sha256: /^[0-9a-f]{64}$/,
    },
  });
  const compiled = new Map<Transferred, ValidateFunction>();
  for (const [type, schema] of Object.entries(ROW_SCHEMAS)) compiled.set(type as Transferred, ajv.compile(schema));
  return (type, given) => {
    const validate = compiled.get(type)!;
    if (!validate(given)) {
      return fieldProblems(validate.errors as never, type).map(({ field, message }) => `${field}: ${message}`);
    }
    if (!isStorable(given)) return ['text with a character of code 0, or half of a surrogate pair, cannot be stored'];
    const broken = RULES[type]?.(given as never);
    return broken === undefined ? [] : [broken];
  };
}
