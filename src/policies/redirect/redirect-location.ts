/**
 * Where a route redirects a request to. Nothing that a client sends leads to another host than the configuration
 * means: without scheme, host and port the location is a path of the same host, and it never begins with `//`.
 */
import { Template, type TemplateValues } from '../../core/template.ts';
import { clientScheme } from '../../http/client-scheme.ts';
import { escapeHighBytes } from '../../http/high-bytes.ts';
import { canonicalHostName } from '../../net/host-name.ts';
import { forwardTarget, pathEnd } from '../../routing/request-path.ts';
import { NO_LOCATION, type RouteFault, SAME_LOCATION } from '../../routing/route-fault.ts';
import { hostName } from '../../routing/route-table.ts';
import { type DescribedRequest, RequestValues } from '../request-values.ts';
import { asQueryPart, asUrlPart } from '../url-values.ts';

/** As settings have them. */
export interface RedirectSettings {
  readonly scheme: 'http' | 'https' | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly pathPrefix: string | null;
}

/** Of a path or host that the placeholders make; as long as the largest head by default. */
const MAX_LENGTH = 16_384;

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

export class RedirectLocation {
  readonly #scheme: 'http' | 'https' | null;
  readonly #host: Template | null;
  readonly #port: number | null;
  readonly #path: Template | null;
  /** Null: the query is kept. */
  readonly #query: Template | null;
  readonly #newPrefix: string | null;
  readonly #oldPrefix: string;

  /** @param oldPrefix `path_prefix` of the route */
  constructor({ scheme, host, port, path, pathPrefix }: RedirectSettings, oldPrefix: string) {
    const [bare, query] = path === null ? [] : path.split('?', 2);
    this.#scheme = scheme;
    this.#host = host === null ? null : new Template(host);
    this.#port = port;
    this.#path = bare === undefined ? null : new Template(bare);
    this.#query = query === undefined ? null : new Template(query);
    this.#newPrefix = pathPrefix === null ? null : pathPrefix.replace(/\/$/, '');
    this.#oldPrefix = oldPrefix;
  }

  /** The value of Location. A fault: the parts that the client chose make no URL, or the one that was asked for. */
  of(exchange: DescribedRequest): string | RouteFault {
    const values = new RequestValues(exchange);
    const path = this.#pathOf(exchange.target, values);
    if (path === null) return NO_LOCATION;
    const reference = path + this.#queryOf(exchange.target, values);
    const asked = escapeHighBytes(exchange.target, '%');
    if (this.#scheme === null && this.#host === null && this.#port === null) {
      // With a second slash, or a backslash, the path would be a host.
      if (/^.[/\\]/.test(reference)) return NO_LOCATION;
      return reference === asked ? SAME_LOCATION : reference;
    }
    const origin = this.#originOf(exchange, values);
    if (origin === null) return NO_LOCATION;
    return reference === asked && origin === askedOrigin(exchange) ? SAME_LOCATION : origin + reference;
  }

  #pathOf(target: string, values: TemplateValues): string | null {
    const asked = target.slice(0, pathEnd(target));
    const raw =
      this.#path?.fill(values, asUrlPart) ??
      (this.#newPrefix === null ? asked : forwardTarget(asked, this.#oldPrefix, this.#newPrefix));
    const path = escapeHighBytes(raw.startsWith('/') ? raw : `/${raw}`, '%');
    return path.length > MAX_LENGTH || !/^[\x21\x22\x24-\x3e\x40-\x7e]+$/.test(path) ? null : path;
  }

  #queryOf(target: string, values: TemplateValues): string {
    if (this.#query === null) return escapeHighBytes(target.slice(pathEnd(target)), '%');
    const query = this.#query.fill(values, asQueryPart).slice(0, MAX_LENGTH);
    return query === '' ? '' : `?${query}`;
  }

  #originOf(exchange: DescribedRequest, values: TemplateValues): string | null {
    const request = exchange.response.req;
    const asked = askedHost(exchange);
    const scheme = this.#scheme ?? clientScheme(request, exchange.isPeerTrusted);
    const isOtherHost = this.#host !== null && !this.#host.placeholders.includes('host');
    const name = this.#host === null ? asked?.name : this.#host.fill(withHostName(values, asked?.name));
    const host = name === undefined ? undefined : canonicalHostName(name);
    if (host === undefined) return null;
    const kept = this.#scheme === null && !isOtherHost ? asked?.port : undefined;
    return originText(scheme, host, this.#port ?? kept);
  }
}

/** `{host}` without the port. */
function withHostName(values: TemplateValues, name: string | undefined): TemplateValues {
  return {
    valueOf: (placeholder, argument) => (placeholder === 'host' ? name : values.valueOf(placeholder, argument)),
  };
}

function askedHost({
  response,
}: DescribedRequest): { readonly name: string; readonly port: number | undefined } | null {
  const { host } = response.req.headers;
  if (host === undefined || host === '') return null;
  const port = /:([0-9]{1,5})$/.exec(host)?.[1];
  return { name: hostName(host), port: port === undefined ? undefined : Number(port) };
}

function askedOrigin(exchange: DescribedRequest): string | null {
  const asked = askedHost(exchange);
  const host = asked === null ? undefined : canonicalHostName(asked.name);
  return host === undefined
    ? null
    : originText(clientScheme(exchange.response.req, exchange.isPeerTrusted), host, asked?.port);
}

function originText(scheme: 'http' | 'https', host: string, port: number | undefined): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}${port === undefined || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`}`;
}
