/** Middlewares: what routes do besides forwarding. */
import { keepExpression, quoted } from '../matching/expression.ts';
import { entriesOf, fieldOf, isTrue, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { bothLists } from '../outline/address-order.ts';
import { Part } from '../outline/part.ts';
import { redirectAction } from '../outline/redirect-target.ts';
import { timeText } from '../outline/times.ts';
import { goMs } from './go-time.ts';
import type { Match } from '../matching/rule.ts';

export interface RouterDraft {
  readonly match: Match;
  /** Keys of the route; a redirect replaces the pool. */
  readonly action: Part;
  /** What middlewares say about the pool of the route. */
  readonly pool: Part;
}

type Apply = (draft: RouterDraft, of: Sourced, outline: GatewayOutline) => void;

export function applyMiddleware(draft: RouterDraft, kind: string, of: Sourced, outline: GatewayOutline): void {
  const apply = KINDS[kind];
  if (apply === undefined) outline.findings.refuse(of.origin, 'unknown: it may decide who is let through');
  else apply(draft, of, outline);
}

function once(draft: RouterDraft, key: string, of: Sourced, { findings }: GatewayOutline): boolean {
  if (draft.action.get(key) === undefined && draft.action.get('strip_prefix') === undefined) return true;
  findings.refuse(of.origin, `a second change of the path on one route`);
  return false;
}

/** What is left has no counterpart. */
function only(of: Sourced, known: readonly string[], { findings }: GatewayOutline): void {
  for (const [name, each] of entriesOf(of))
    if (!known.includes(name)) findings.refuse(each.origin, 'has no counterpart');
}

const KINDS: Readonly<Record<string, Apply>> = {
  stripPrefix: (draft, of, outline) => {
    only(of, ['prefixes', 'forceSlash'], outline);
    const prefixes = textsOf(fieldOf(of, 'prefixes')).map((each) => each.replace(/(?!^)\/$/, ''));
    const { path } = draft.match;
    if (!once(draft, 'rewrite', of, outline)) return;
    if (
      path !== undefined &&
      path.kind !== 'regex' &&
      path.kind !== 'exact' &&
      prefixes.includes(path.text.replace(/(?!^)\/$/, ''))
    )
      draft.action.set('strip_prefix', true, of.origin);
    else rewrite(draft, of, `^(?:${prefixes.map(quoted).join('|')})(?:/|$)`, '/');
  },
  stripPrefixRegex: (draft, of, outline) => {
    const [source = ''] = textsOf(fieldOf(of, 'regex'));
    const { text, fault } = keepExpression(source);
    if (text === undefined) outline.findings.refuse(of.origin, fault!);
    else if (once(draft, 'rewrite', of, outline))
      rewrite(draft, of, `^${text.replace(/^\^/, '').replace(/\/$/, '')}/?`, '/');
  },
  addPrefix: (draft, of, outline) => {
    if (once(draft, 'rewrite', of, outline))
      draft.action.set(
        ['rewrite', 'path'],
        `${(textOf(fieldOf(of, 'prefix')) ?? '').replaceAll(/[{}]/g, '$&$&')}{path}`,
        of.origin,
      );
  },
  replacePath: (draft, of, outline) => {
    if (!once(draft, 'rewrite', of, outline)) return;
    draft.action.set(['rewrite', 'path'], (textOf(fieldOf(of, 'path')) ?? '').replaceAll(/[{}]/g, '$&$&'), of.origin);
    draft.action.set(['request_headers', 'set', 'x-replaced-path'], '{path}', of.origin);
  },
  replacePathRegex: (draft, of, outline) => {
    const { text, fault } = keepExpression(textOf(fieldOf(of, 'regex')) ?? '');
    if (text === undefined) outline.findings.refuse(of.origin, fault!);
    else if (once(draft, 'rewrite', of, outline))
      rewrite(draft, of, text, groups(textOf(fieldOf(of, 'replacement')) ?? ''));
  },
  headers: readHeaders,
  redirectScheme: (draft, of, outline) => {
    only(of, ['scheme', 'permanent', 'port'], outline);
    const status = isTrue(fieldOf(of, 'permanent')) ? 301 : 302;
    const port = textOf(fieldOf(of, 'port'));
    const location = `${textOf(fieldOf(of, 'scheme')) ?? 'https'}://{host}${port === undefined || port === '443' ? '' : `:${port}`}{path}{query}`;
    redirect(draft, of, location, status, outline);
  },
  redirectRegex: (draft, of, outline) => {
    const source = textOf(fieldOf(of, 'regex')) ?? '';
    const status = isTrue(fieldOf(of, 'permanent')) ? 301 : 302;
    const [, rest] = /^\^?https?\??:\/\/(?:[\w.-]|\\\.)+\/?(.*)$/.exec(source) ?? [];
    const replacement = textOf(fieldOf(of, 'replacement')) ?? '';
    const isAll = rest !== undefined && /^\(?(?:\.\*|\.\+)?\)?\$?$/.test(rest);
    const [, target] = /^([^$]*?)\/?\$\{?1\}?$/.exec(replacement) ?? [];
    if (isAll && target !== undefined) redirect(draft, of, `${target}{path}{query}`, status, outline);
    else if (isAll && !replacement.includes('$')) redirect(draft, of, replacement, status, outline);
    else
      outline.findings.refuse(
        of.origin,
        'its expression is about the whole URL: write a route with path_regex and redirect',
      );
  },
  rateLimit: (draft, of, outline) => {
    only(of, ['average', 'period', 'burst', 'sourceCriterion'], outline);
    const average = Number(textOf(fieldOf(of, 'average')) ?? '0');
    const seconds = (goMs(textOf(fieldOf(of, 'period')) ?? '1s') ?? 1000) / 1000;
    if (average === 0) return;
    const limit = new Part().set('capacity', Math.max(1, Number(textOf(fieldOf(of, 'burst')) ?? '1')), of.origin);
    limit.set('rate_per_second', Math.round((average / seconds) * 1000) / 1000, of.origin);
    const header = textOf(fieldOf(of, 'sourceCriterion', 'requestHeaderName'));
    if (header !== undefined) limit.set('key', `{header.${header.toLowerCase()}}`, of.origin);
    const isTotal = isTrue(fieldOf(of, 'sourceCriterion', 'requestHost'));
    const kind = isTotal ? 'total' : 'client';
    if (draft.action.get('rate_limit', kind) !== undefined)
      outline.findings.refuse(of.origin, 'a second limit of each client on one route');
    else draft.action.set(['rate_limit', kind], limit, of.origin);
    if (fieldOf(of, 'sourceCriterion', 'ipStrategy') !== undefined)
      outline.findings.refuse(of.origin, 'ipStrategy: set server.trust_proxy');
  },
  ipAllowList: readAllowed,
  ipWhiteList: readAllowed,
  inFlightReq: (draft, of, outline) => {
    if (
      fieldOf(of, 'sourceCriterion', 'requestHeaderName') !== undefined ||
      isTrue(fieldOf(of, 'sourceCriterion', 'requestHost'))
    )
      return outline.findings.refuse(of.origin, 'requests in flight are counted by client: max_in_flight_per_client');
    draft.action.set('max_in_flight_per_client', Number(textOf(fieldOf(of, 'amount')) ?? '0'), of.origin);
  },
  forwardAuth: (draft, of, outline) => {
    only(of, ['address', 'trustForwardHeader', 'authRequestHeaders', 'authResponseHeaders'], outline);
    const auth = new Part().set('url', textOf(fieldOf(of, 'address')) ?? '', of.origin);
    const asked = textsOf(fieldOf(of, 'authRequestHeaders')).map((each) => each.toLowerCase());
    if (asked.length > 0) auth.set('headers_to_auth', asked, of.origin);
    else
      outline.findings.note(
        of.origin,
        'the service gets Authorization and Cookie only: more in auth.forward.headers_to_auth',
      );
    const answered = textsOf(fieldOf(of, 'authResponseHeaders')).map((each) => each.toLowerCase());
    if (answered.length > 0) auth.set('headers_to_backend', answered, of.origin);
    draft.action.set(['auth', 'forward'], auth, of.origin);
  },
  basicAuth: refusePasswords,
  digestAuth: refusePasswords,
  compress: (draft, of, outline) => {
    const excluded = fieldOf(of, 'excludedContentTypes');
    if (excluded !== undefined)
      outline.findings.lose(excluded.origin, 'name the types that are compressed in compression.types');
    draft.action.set(
      ['compression', 'min_bytes'],
      Number(textOf(fieldOf(of, 'minResponseBodyBytes')) ?? '1024'),
      of.origin,
    );
  },
  buffering: (draft, of, outline) => {
    const most = Number(textOf(fieldOf(of, 'maxRequestBodyBytes')) ?? '0');
    if (most > 0) draft.action.set('max_body_bytes', most, of.origin);
    if (fieldOf(of, 'maxResponseBodyBytes') !== undefined)
      outline.findings.lose(of.origin, 'answers are passed on whatever their size');
    if (fieldOf(of, 'retryExpression') !== undefined) outline.findings.lose(of.origin, 'set retries of the pool');
  },
  retry: (draft, of, { findings }) => {
    draft.pool.set(
      ['retries', 'attempts'],
      Math.min(10, Math.max(0, Number(textOf(fieldOf(of, 'attempts')) ?? '1') - 1)),
      of.origin,
    );
    const base = goMs(textOf(fieldOf(of, 'initialInterval')) ?? '');
    if (base !== undefined && base > 0)
      draft.pool.set(['retries', 'backoff_base'], timeText(base, of.origin, findings), of.origin);
  },
  circuitBreaker: (draft, of, outline) => {
    draft.pool.set(['circuit_breaker', 'enabled'], true, of.origin);
    outline.findings.note(
      of.origin,
      'a circuit opens by the thresholds of circuit_breaker, for each backend, not by this expression',
    );
  },
  errors: (_, of, outline) => outline.findings.lose(of.origin, 'set error_pages of the route to HTML files'),
  grpcWeb: (_, of, outline) => outline.findings.lose(of.origin, 'gRPC-Web is passed on; set cors of the route'),
  contentType: () => undefined,
  plugin: (_, of, outline) => outline.findings.refuse(of.origin, 'code of others is not imported: write a plugin'),
  passTLSClientCert: (_, of, outline) => outline.findings.refuse(of.origin, 'set forward of tls.client_auth'),
};

function refusePasswords(_: RouterDraft, of: Sourced, { findings }: GatewayOutline): void {
  findings.refuse(of.origin, 'its hashes cannot be verified here: set auth.basic with new ones from sluice password');
}

function readAllowed({ action }: RouterDraft, of: Sourced, outline: GatewayOutline): void {
  only(of, ['sourceRange'], outline);
  const allow = textsOf(fieldOf(of, 'sourceRange'));
  const before = (action.get('allow') ?? []) as readonly string[];
  const both = bothLists({ allow: before, deny: [] }, { allow, deny: [] });
  if (both.allow.length > 0) action.set('allow', both.allow, of.origin);
  if (both.deny.length > 0) action.set('deny', both.deny, of.origin);
}

function rewrite({ action }: RouterDraft, of: Sourced, regex: string, to: string): void {
  action.set('rewrite', new Part().set('regex', regex, of.origin).set('to', to, of.origin), of.origin);
}

/** `$1` and `${1}` as ours. */
function groups(text: string): string {
  return text
    .replaceAll(/\$\{(\d+)\}/g, '$$$1')
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll(/\$(\d+)/g, '{group.$1}');
}

function redirect(
  { action, match }: RouterDraft,
  of: Sourced,
  location: string,
  status: number,
  { findings }: GatewayOutline,
): void {
  const made = redirectAction(location, status, match.host, of.origin, findings);
  const value = made?.get('redirect');
  if (value !== undefined) action.set('redirect', value, of.origin);
}

/** Security headers that are fields with a fixed value. */
const FIXED: Readonly<Record<string, (of: Sourced) => readonly [string, string] | undefined>> = {
  frameDeny: (of) => (isTrue(of) ? ['x-frame-options', 'DENY'] : undefined),
  customFrameOptionsValue: (of) => ['x-frame-options', textOf(of) ?? ''],
  contentTypeNosniff: (of) => (isTrue(of) ? ['x-content-type-options', 'nosniff'] : undefined),
  browserXssFilter: (of) => (isTrue(of) ? ['x-xss-protection', '1; mode=block'] : undefined),
  referrerPolicy: (of) => ['referrer-policy', textOf(of) ?? ''],
  contentSecurityPolicy: (of) => ['content-security-policy', textOf(of) ?? ''],
  permissionsPolicy: (of) => ['permissions-policy', textOf(of) ?? ''],
  stsSeconds: (of) => ['strict-transport-security', `max-age=${textOf(of) ?? '0'}`],
};

const CORS: Readonly<Record<string, string>> = {
  accessControlAllowOriginList: 'origins',
  accessControlAllowMethods: 'methods',
  accessControlAllowHeaders: 'headers',
  accessControlExposeHeaders: 'expose',
};

function readHeaders({ action }: RouterDraft, of: Sourced, { findings }: GatewayOutline): void {
  for (const [name, each] of entriesOf(of)) {
    const { origin } = each;
    const fixed = FIXED[name]?.(each);
    if (name === 'customRequestHeaders' || name === 'customResponseHeaders') {
      const key = name === 'customRequestHeaders' ? 'request_headers' : 'response_headers';
      for (const [given, value] of entriesOf(each)) {
        const field = given.toLowerCase();
        const text = textOf(value) ?? '';
        if (text !== '') action.set([key, 'set', field], text.replaceAll(/[{}]/g, '$&$&'), value.origin);
        else
          action.set(
            [key, 'remove'],
            [...((action.get(key, 'remove') ?? []) as readonly string[]), field],
            value.origin,
          );
      }
    } else if (CORS[name] !== undefined) {
      const texts = textsOf(each);
      action.set(
        ['cors', CORS[name]],
        CORS[name] === 'headers' || CORS[name] === 'expose'
          ? texts.filter((text) => text !== '*').map((text) => text.toLowerCase())
          : texts,
        origin,
      );
      if (CORS[name] === 'headers' && texts.includes('*')) (action.get('cors') as Part).delete('headers');
    } else if (name === 'accessControlAllowCredentials') action.set(['cors', 'credentials'], isTrue(each), origin);
    else if (name === 'accessControlMaxAge') action.set(['cors', 'max_age'], `${textOf(each) ?? '0'}s`, origin);
    else if (
      name === 'stsIncludeSubdomains' ||
      name === 'stsPreload' ||
      name === 'addVaryHeader' ||
      name === 'forceSTSHeader' ||
      name === 'isDevelopment'
    )
      continue;
    else if (fixed !== undefined)
      action.set(
        ['response_headers', 'set', fixed[0]],
        fixed[0] === 'strict-transport-security' ? transportSecurity(of, fixed[1]) : fixed[1],
        origin,
      );
    else if (FIXED[name] === undefined) findings.refuse(origin, 'has no counterpart');
  }
  if (action.get('cors') !== undefined && action.get('cors', 'origins') === undefined) {
    findings.refuse(of.origin, 'cors needs accessControlAllowOriginList');
    action.delete('cors');
  }
}

function transportSecurity(of: Sourced, value: string): string {
  const more = [
    isTrue(fieldOf(of, 'stsIncludeSubdomains')) ? '; includeSubDomains' : '',
    isTrue(fieldOf(of, 'stsPreload')) ? '; preload' : '',
  ];
  return `${value}${more.join('')}`;
}
