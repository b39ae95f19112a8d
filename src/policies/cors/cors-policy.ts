/**
 * Which pages of other origins may read the answers of a route (Fetch standard, 3.2). The gateway alone says it: what a
 * backend says is replaced, also on errors of the gateway, which pages could not read otherwise.
 */
import type { FieldValues } from '../../http/fields/field-values.ts';
import { varyBy } from '../../http/fields/vary-field.ts';
import { isPreflight } from '../../http/preflight.ts';
import type { AnswerRule, RouteCors } from '../../routing/route-policies.ts';

/** As settings have them. */
export interface CorsSettings {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Null: those that are asked for. */
  readonly headers: readonly string[] | null;
  readonly expose: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
  readonly privateNetwork: boolean;
}

interface AskingPage {
  readonly response: { readonly req: { readonly method: string; readonly headers: FieldValues } };
}

/** `https://*.example.com` as the two ends of what it matches. */
interface Below {
  readonly scheme: string;
  /** With the port, if there is one. */
  readonly domain: string;
}

/** `access-control-allow-origin` and the others that an answer may have. */
const OWN_FIELD =
  /^access-control-(?:allow-(?:origin|credentials|methods|headers|private-network)|expose-headers|max-age)$/i;
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** What a preflight may ask for is repeated, so it is held to be a list of names. */
const NAMES = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/;
const MAX_NAMES = 4096;

export class CorsPolicy implements AnswerRule, RouteCors {
  readonly #isAny: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly Below[];
  readonly #methods: string;
  readonly #headers: string | null;
  readonly #expose: string;
  readonly #hasCredentials: boolean;
  readonly #maxAge: string;
  readonly #isPrivate: boolean;

  constructor(settings: CorsSettings) {
    const origins = settings.origins.map((origin) => origin.toLowerCase());
    this.#isAny = origins.includes('*');
    this.#exact = new Set(origins.filter((origin) => !origin.includes('*')));
    this.#below = origins.flatMap((origin) => {
      const [scheme, domain] = origin.split('*', 2);
      return domain === undefined || domain === '' ? [] : [{ scheme: scheme!, domain }];
    });
    this.#methods = settings.methods.join(', ');
    this.#headers = settings.headers === null ? null : settings.headers.join(', ');
    this.#expose = settings.expose.join(', ');
    this.#hasCredentials = settings.credentials;
    this.#maxAge = String(settings.maxAgeMs / 1000);
    this.#isPrivate = settings.privateNetwork;
  }

  /** @param origin the field of the request */
  allows(origin: string): boolean {
    if (this.#isAny || this.#exact.has(origin)) return true;
    return this.#below.some(
      ({ scheme, domain }) =>
        origin.startsWith(scheme) &&
        origin.endsWith(domain) &&
        origin.length > scheme.length + domain.length &&
        LABELS.test(origin.slice(scheme.length, origin.length - domain.length)),
    );
  }

  applyTo(fields: string[], _status: number, { response: { req } }: AskingPage): void {
    removeOwn(fields);
    // Also without an Origin: the same answer may be kept for others, who send one.
    if (!this.#isAny) varyBy(fields, 'origin');
    const { origin } = req.headers;
    if (origin === undefined || !this.allows(origin)) return;
    fields.push('access-control-allow-origin', this.#isAny ? '*' : origin);
    if (this.#hasCredentials) fields.push('access-control-allow-credentials', 'true');
    if (isPreflight(req)) this.#permit(fields, req.headers);
    else if (this.#expose !== '') fields.push('access-control-expose-headers', this.#expose);
  }

  #permit(fields: string[], headers: FieldValues): void {
    fields.push('access-control-allow-methods', this.#methods, 'access-control-max-age', this.#maxAge);
    const asked = headers['access-control-request-headers'];
    if (this.#headers === null) varyBy(fields, 'access-control-request-headers');
    const names = this.#headers ?? (asked !== undefined && asked.length <= MAX_NAMES && NAMES.test(asked) ? asked : '');
    if (names !== '') fields.push('access-control-allow-headers', names);
    if (this.#isPrivate && headers['access-control-request-private-network'] === 'true') {
      fields.push('access-control-allow-private-network', 'true');
    }
  }
}

function removeOwn(fields: string[]): void {
  let kept = 0;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length > 20 && OWN_FIELD.test(fields[at]!)) continue;
    fields[kept] = fields[at]!;
    fields[kept + 1] = fields[at + 1]!;
    kept += 2;
  }
  fields.length = kept;
}
