/** What a route demands of a request beyond host, path and method: header fields, query, and where its client is. */
import type { GeoLocation } from '../geo/client-geo.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import { LinearExpression } from '../net/linear-expression.ts';

/** As settings have them: names to values; `*` is any value. Expressions are RE2's. */
export interface ConditionSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly headersRegex: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly queryRegex: Readonly<Record<string, string>>;
  /** Locations, in any case; empty: anywhere. */
  readonly geo: readonly string[];
}

/** Any value, but there must be one. */
const ANY_VALUE = '*';

interface Condition {
  readonly name: string;
  readonly expected: string | LinearExpression;
}

export class RequestConditions {
  /** Names in lower case. */
  readonly headers: readonly Condition[];
  readonly query: readonly Condition[];
  /** In lower case; null: anywhere. */
  readonly geo: ReadonlySet<string> | null;

  constructor(settings: ConditionSettings) {
    this.headers = conditions(settings.headers, settings.headersRegex, (name) => name.toLowerCase());
    this.query = conditions(settings.query, settings.queryRegex, (name) => name);
    this.geo = settings.geo.length === 0 ? null : new Set(settings.geo.map((location) => location.toLowerCase()));
  }

  /** Null: the settings demand nothing. */
  static of(settings: ConditionSettings | null): RequestConditions | null {
    if (settings === null) return null;
    const compiled = new RequestConditions(settings);
    return compiled.headers.length + compiled.query.length === 0 && compiled.geo === null ? null : compiled;
  }

  /** @param query without the question mark. @param geo where the client is; null: unknown */
  accept(fields: FieldValues, query: string, geo: GeoLocation | null): boolean {
    return this.#admits(geo) && this.firstUnmet(fields, query, geo) === null;
  }

  #admits(geo: GeoLocation | null): boolean {
    return this.geo === null || (geo !== null && this.geo.has(geo.folded));
  }

  /** For explanations: the first condition that the request does not meet; null: it meets all. */
  firstUnmet(fields: FieldValues, query: string, geo: GeoLocation | null): string | null {
    if (!this.#admits(geo)) {
      return `the client is in ${[...this.geo!].join(' or ')}: it is in ${geo?.name ?? 'an unknown location'}`;
    }
    for (const { name, expected } of this.headers) {
      if (!isMet(fields[name], expected)) return `header ${name} ${described(expected)}`;
    }
    if (this.query.length === 0) return null;
    const parameters = new URLSearchParams(query);
    for (const { name, expected } of this.query) {
      // Of a repeated parameter the first value counts, as in Envoy and the Gateway API.
      if (!isMet(parameters.get(name) ?? undefined, expected)) return `query ${name} ${described(expected)}`;
    }
    return null;
  }
}

function conditions(
  exact: Readonly<Record<string, string>>,
  expressions: Readonly<Record<string, string>>,
  nameOf: (name: string) => string,
): readonly Condition[] {
  return [
    ...Object.entries(exact).map(([name, expected]) => ({ name: nameOf(name), expected })),
    ...Object.entries(expressions).map(([name, source]) => ({
      name: nameOf(name),
      expected: new LinearExpression(source),
    })),
  ];
}

function isMet(value: string | undefined, expected: string | LinearExpression): boolean {
  if (value === undefined) return false;
  return typeof expected === 'string' ? expected === ANY_VALUE || value === expected : expected.matches(value);
}

function described(expected: string | LinearExpression): string {
  if (typeof expected !== 'string') return `matches ${expected.source}`;
  return expected === ANY_VALUE ? 'is present' : `is ${expected}`;
}
