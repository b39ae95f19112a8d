/** The lines of an exported database, and what is wrong with one. */
import { Type, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { rejectBackendUrl } from '../http/backend-url.ts';
import { MAX_FILL_SECONDS } from '../core/token-bucket.ts';
import { clientKey } from '../http/client-key.ts';
import { ROLES } from '../http/role.ts';
import type { Transferred, TransferRow } from '../state/transfer.ts';
import { fieldProblems } from '../schemas/field-problems.ts';
import { FORMATS } from '../schemas/formats.ts';
import { nullable } from '../schemas/json-types.ts';
import { stringEnum } from '../schemas/string-enum.ts';

const instant = Type.String({ format: 'instant' });
const version = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const name = (maxLength: number) => Type.String({ format: 'printable', minLength: 1, maxLength });
const dates = { version, created_at: instant, updated_at: instant };
const nullableBoolean = nullable(Type.Boolean());

/** By the columns of drizzle/tables.ts; a test holds the two together. */
export const ROW_SCHEMAS: Readonly<Record<Transferred, TSchema>> = {
  client: row({
    key: name(256),
    kind: stringEnum(['ip', 'cidr', 'id']),
    name: nullable(name(128)),
    capacity: Type.Number({ minimum: 1, maximum: 1e9 }),
    rate_per_second: Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }),
    algorithm: stringEnum(['token-bucket', 'sliding-window']),
    window_seconds: nullable(Type.Number({ exclusiveMinimum: 0, maximum: MAX_FILL_SECONDS })),
    enabled: Type.Boolean(),
    api_key_hash: nullable(Type.String({ format: 'sha256' })),
    ...dates,
  }),
  backend: row({
    id: name(256),
    pool: nullable(name(256)),
    url: nullable(Type.String({ maxLength: 2048 })),
    weight: nullable(Type.Integer({ minimum: 1, maximum: 1000 })),
    enabled: nullableBoolean,
    draining: nullableBoolean,
    backup: nullableBoolean,
    max_in_flight: nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
    ...dates,
  }),
  level: row({
    gateway: Type.Optional(Type.String({ format: 'printable', maxLength: 256 })),
    key: name(256),
    tokens: Type.Number({ minimum: 0, maximum: 1e9 }),
    saved_at: instant,
  }),
  audit: row({
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    at: instant,
    actor: Type.String({ maxLength: 256 }),
    role: stringEnum([...ROLES, 'none']),
    address: Type.String({ maxLength: 256 }),
    action: Type.String({ maxLength: 256 }),
    target: nullable(Type.String({ maxLength: 2048 })),
    status: Type.Integer({ minimum: 100, maximum: 999 }),
    before: Type.Unknown(),
    after: Type.Unknown(),
    request_id: Type.String({ maxLength: 256 }),
  }),
};

function row(columns: Parameters<typeof Type.Object>[0]): TSchema {
  return Type.Object(columns, { additionalProperties: false });
}

interface ClientRow {
  readonly key: string;
  readonly kind: string;
  readonly capacity: number;
  readonly rate_per_second: number;
}

interface BackendRow {
  readonly url: string | null;
  readonly pool: string | null;
}

/** What only several columns together, or our own rules, show. */
const RULES: Readonly<Partial<Record<Transferred, (row: never) => string | undefined>>> = {
  client: ({ key, kind, capacity, rate_per_second: rate }: ClientRow) => {
    const named = clientKey(key);
    if (named === undefined) return 'key: no IP address, CIDR block or client id';
    if (named.kind !== kind || named.key !== key) return `key: this is the ${named.kind} ${named.key}`;
    const isFillable = capacity / rate <= MAX_FILL_SECONDS;
    return isFillable ? undefined : 'rate_per_second: too slow for capacity: a bucket must fill within 366 days';
  },
  backend: ({ url, pool }: BackendRow) => {
    if (url === null) return undefined;
    if (pool === null) return 'pool: is required with a url';
    const reason = rejectBackendUrl(url);
    return reason === undefined ? undefined : `url: ${reason}`;
  },
};

/** Made once a program: compiling the schemas takes a while. */
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
    const broken = RULES[type]?.(given as never);
    return broken === undefined ? [] : [broken];
  };
}
