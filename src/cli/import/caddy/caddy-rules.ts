/** The directives of a site, in the order in which Caddy runs them. */
import { CONTENT_CODINGS } from '../../../policies/core/policies-vocabulary.ts';
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression, quoted } from '../matching/expression.ts';
import { ANY, type Match } from '../matching/rule.ts';
import { addressLists, bothLists } from '../outline/address-order.ts';
import { askService, noteForwarded, passAnswer } from '../outline/forwarded-auth.ts';
import { knownDirectives } from '../outline/directive-table.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { redirectAction, respondAction } from '../outline/redirect-target.ts';
import { type CaddyMatcher, type NamedMatchers, takeMatcher } from './caddy-matchers.ts';
import { changeField, readProxy } from './caddy-proxy.ts';
import type { CaddyDirective } from './caddy-syntax.ts';
import { CADDY_TABLE } from './caddy-table.ts';
import { caddyBytes, caddyTemplate } from './caddy-values.ts';

const KNOWN = knownDirectives(CADDY_TABLE);

interface Draft {
  readonly match: Match;
  readonly action: Part;
  readonly origin: CaddyDirective;
}

interface Change {
  readonly matches: readonly Match[];
  readonly apply: (action: Part, match: Match) => void;
}

/** Directives that end a request, in the order in which Caddy tries them. */
const ENDING = ['redir', 'handle', 'handle_path', 'route', 'abort', 'error', 'respond', 'reverse_proxy'];
const MAX_DEPTH = 8;

export function siteRules(
  directives: readonly CaddyDirective[],
  within: readonly Match[],
  outline: GatewayOutline,
): readonly Draft[] {
  return rulesOf(directives, within, new Map(), outline, false, 0);
}

function rulesOf(
  directives: readonly CaddyDirective[],
  within: readonly Match[],
  outer: NamedMatchers,
  outline: GatewayOutline,
  isOrdered: boolean,
  depth: number,
): readonly Draft[] {
  const { findings } = outline;
  const named = new Map([
    ...outer,
    ...directives.filter(({ name }) => name.startsWith('@')).map((each) => [each.name, each] as const),
  ]);
  const changes: Change[] = [];
  const endings: { readonly of: CaddyDirective; readonly matcher: CaddyMatcher; readonly rest: readonly string[] }[] =
    [];
  for (const of of directives) {
    if (of.name.startsWith('@') || of.name === 'tls') continue;
    KNOWN.report(of, findings);
    if (KNOWN.fateOf(of.name) !== 'translated') continue;
    try {
      const { matcher, rest } = takeMatcher(of.args, named);
      if (ENDING.includes(of.name)) endings.push({ of, matcher, rest });
      else changes.push(...changeOf(of, rest, matcher, outline));
    } catch (error) {
      if (!(error instanceof InexpressibleMatch)) throw error;
      findings.refuse(of, error.message);
    }
  }
  const sorted = isOrdered
    ? endings
    : endings.toSorted(
        (one, other) => rank(one.of) - rank(other.of) || specificity(other.matcher) - specificity(one.matcher),
      );
  const drafts: Draft[] = [];
  for (const { of, matcher, rest } of sorted) {
    try {
      if (matcher.addresses.length > 0) changes.push(refusalOf(of, rest, matcher));
      else {
        const matches = isGuard(of) ? ignoringCase(matcher.matches) : matcher.matches;
        if (
          of.name === 'handle_path' &&
          matches !== matcher.matches &&
          JSON.stringify(matches) !== JSON.stringify(matcher.matches)
        )
          throw new InexpressibleMatch(
            'a prefix in another case would pass what guards it: use handle, and uri strip_prefix',
          );
        drafts.push(...endingOf(of, rest, allOf(within, matches), named, outline, depth));
      }
    } catch (error) {
      if (!(error instanceof InexpressibleMatch)) throw error;
      findings.refuse(of, error.message);
    }
  }
  return applied(drafts, changes, within, findings);
}

/** Paths are compared without regard to case there: a guard must not be passed by another spelling. */
function ignoringCase(matches: readonly Match[]): readonly Match[] {
  return matches.map((match) => {
    const { path } = match;
    if (path === undefined || path.kind === 'regex' || !/[a-z]/i.test(path.text)) return match;
    const text = `(?i)^${quoted(path.text)}${path.kind === 'exact' ? '$' : ''}`;
    return { ...match, path: { kind: 'regex', text } };
  });
}

/** It refuses requests, or demands something of their callers. */
function isGuard({ name, args, block }: CaddyDirective): boolean {
  if (['basic_auth', 'basicauth', 'forward_auth', 'abort', 'error', 'remote_ip', 'client_ip'].includes(name))
    return true;
  if (name === 'respond' && args.some((each) => /^[45]\d\d$/.test(each))) return true;
  return args.some((each) => each === 'remote_ip' || each === 'client_ip') || (block ?? []).some(isGuard);
}

/** `handle` and `handle_path` exclude each other: sorted together. */
function rank({ name }: CaddyDirective): number {
  return ENDING.indexOf(name === 'handle_path' ? 'handle' : name);
}

function specificity({ matches }: CaddyMatcher): number {
  const [only] = matches;
  const hasMore =
    only !== undefined &&
    JSON.stringify({ ...only, path: undefined, host: undefined }) !==
      JSON.stringify({ ...ANY, path: undefined, host: undefined });
  return matches.length === 1 && only?.path !== undefined
    ? only.path.text.length + (only.path.kind === 'exact' ? 1 : 0) + (hasMore ? 1 : 0)
    : hasMore || matches.length > 1
      ? 0.5
      : 0;
}

function endingOf(
  of: CaddyDirective,
  rest: readonly string[],
  matches: readonly Match[],
  named: NamedMatchers,
  outline: GatewayOutline,
  depth: number,
): readonly Draft[] {
  const { findings } = outline;
  const each = (action: Part | undefined): readonly Draft[] =>
    action === undefined ? [] : matches.map((match) => ({ match, action, origin: of }));
  const [first = '', second = ''] = rest;
  if (of.name === 'handle' || of.name === 'route' || of.name === 'handle_path') {
    if (depth > MAX_DEPTH) throw new InexpressibleMatch('too many blocks in each other');
    const inner = rulesOf(of.block ?? [], matches, named, outline, of.name === 'route', depth + 1);
    if (of.name === 'handle_path')
      for (const { action, match } of inner)
        if (action.get('pool') !== undefined && match.path?.kind === 'start') strip(action, of, match);
    // What no directive in it answers is answered 200, empty.
    const isOpen =
      of.name !== 'route' &&
      !inner.some(({ match }) => matches.some((outside) => JSON.stringify(outside) === JSON.stringify(match)));
    return isOpen ? [...inner, ...each(respondAction(200, undefined, of, 'no directive in it answers'))] : inner;
  }
  if (of.name === 'abort') return each(respondAction(403, undefined, of, 'abort closes the connection'));
  if (of.name === 'error')
    return each(
      respondAction(Number(/^\d{3}$/.test(second) ? second : /^\d{3}$/.test(first) ? first : '500'), undefined, of),
    );
  if (of.name === 'respond') {
    const isStatus = /^\d{3}$/.test(first);
    const body = isStatus ? undefined : first;
    const inner = of.block?.find(({ name }) => name === 'body')?.args[0];
    return each(respondAction(Number(isStatus ? first : /^\d{3}$/.test(second) ? second : '200'), body ?? inner, of));
  }
  if (of.name === 'redir') {
    const { text, unknown } = caddyTemplate(first);
    const code = { permanent: 301, temporary: 302, html: 200, '': 302 }[second] ?? Number(second);
    if (text === undefined || code === 200)
      throw new InexpressibleMatch(
        text === undefined ? `${unknown} has no placeholder here` : 'html: redirects are by status here',
      );
    return matches.flatMap((match) => {
      const action = redirectAction(text, code, match.host, of, findings);
      return action === undefined ? [] : [{ match, action, origin: of }];
    });
  }
  const action = new Part();
  return readProxy(of, rest, action, outline)
    ? matches.map((match) => ({ match, action: action.copy(), origin: of }))
    : [];
}

function strip(action: Part, of: CaddyDirective, match: Match): void {
  const text = match.path?.text.replace(/\/$/, '') ?? '';
  if (action.get('rewrite') !== undefined) throw new InexpressibleMatch('a route rewrites the path once');
  if (match.path?.text.endsWith('/') === true || text === '') action.set('strip_prefix', true, of);
  else action.set('rewrite', new Part().set('regex', `^${quoted(text)}/?`, of).set('to', '/', of), of);
}

/** `respond @outside 403` and the like, by addresses: a list of the routes. */
function refusalOf(
  of: CaddyDirective,
  rest: readonly string[],
  { matches, addresses, isOutside }: CaddyMatcher,
): Change {
  const status = rest.find((word) => /^\d{3}$/.test(word));
  const refuses = of.name === 'abort' || ((of.name === 'respond' || of.name === 'error') && Number(status) >= 400);
  const lists = addressLists(
    isOutside
      ? [...addresses.map((address) => ({ isAllowed: true, address })), { isAllowed: false, address: 'all' }]
      : addresses.map((address) => ({ isAllowed: false, address })),
    true,
  );
  if (!refuses || lists === undefined)
    throw new InexpressibleMatch('a condition on addresses can only refuse: respond with 403, or abort');
  return {
    matches: ignoringCase(matches),
    apply: (action) => {
      const both = bothLists(
        {
          allow: (action.get('allow') ?? []) as readonly string[],
          deny: (action.get('deny') ?? []) as readonly string[],
        },
        lists,
      );
      for (const [key, blocks] of Object.entries(both)) {
        if (blocks.length > 0) action.set(key, blocks as readonly string[], of);
        else action.delete(key);
      }
    },
  };
}

/** Directives that change a request or an answer on its way. */
function changeOf(
  of: CaddyDirective,
  rest: readonly string[],
  { matches, addresses }: CaddyMatcher,
  outline: GatewayOutline,
): readonly Change[] {
  if (addresses.length > 0)
    throw new InexpressibleMatch('a condition on addresses can only refuse: respond with 403, or abort');
  const { findings } = outline;
  const change = (apply: Change['apply']): readonly Change[] => [{ matches, apply }];
  const [first = ''] = rest;
  switch (of.name) {
    case 'header':
    case 'request_header': {
      const key = of.name === 'header' ? 'response_headers' : 'request_headers';
      const lines =
        of.block === null
          ? [{ ...of, args: rest }]
          : of.block.map((each) => ({ ...each, args: [each.name, ...each.args] }));
      return lines
        .filter(({ args }) => args[0] !== 'defer')
        .flatMap((line) => change((action) => changeField(line, key, action, findings)));
    }
    case 'encode': {
      const named = [...rest, ...(of.block ?? []).map(({ name }) => name)];
      const isCoding = (name: string): boolean => CONTENT_CODINGS.some((coding) => coding === name);
      const encodings = named.length === 0 ? ['zstd', 'gzip'] : named.filter(isCoding);
      return change(
        (action) => void (action.get('pool') !== undefined && action.set(['compression', 'encodings'], encodings, of)),
      );
    }
    case 'request_body': {
      const most = caddyBytes(of.block?.find(({ name }) => name === 'max_size')?.args[0] ?? '');
      if (most === undefined) throw new InexpressibleMatch('needs max_size');
      return change((action) => void action.set('max_body_bytes', most, of));
    }
    case 'uri':
      return change((action, match) => changeUri(of, rest, action, match));
    case 'rewrite': {
      const { text, unknown } = caddyTemplate(first.replace(/\{uri\}$/, '{path}'));
      if (text === undefined) throw new InexpressibleMatch(`${unknown} has no placeholder here`);
      if (text.includes('?')) throw new InexpressibleMatch('the query is kept as it is');
      return change((action) => once(action, () => action.set(['rewrite', 'path'], text, of)));
    }
    case 'forward_auth': {
      const url = /^https?:/.test(first) ? first : `http://${first}`;
      const path = of.block?.find(({ name }) => name === 'uri')?.args[0] ?? '/';
      const copied = (of.block ?? [])
        .filter(({ name }) => name === 'copy_headers')
        .flatMap(({ args, block }) => [...args, ...(block ?? []).map(({ name }) => name)]);
      const unknown = (of.block ?? []).find(({ name }) => !['uri', 'copy_headers', 'header_up'].includes(name));
      if (unknown !== undefined || copied.some((name) => name.includes('>')))
        throw new InexpressibleMatch(`${unknown?.name ?? 'copy_headers with another name'}: has no counterpart`);
      noteForwarded(findings, of);
      const apply: Change['apply'] = (action) => {
        askService(action, `${url}${path}`, of);
        const names = copied.map((name) => name.toLowerCase());
        passAnswer(action, names, of);
      };
      return [{ matches: ignoringCase(matches), apply }];
    }
    case 'basic_auth':
    case 'basicauth':
      throw new InexpressibleMatch(
        'hashes of bcrypt cannot be verified here: set auth.basic with new ones from sluice password',
      );
    default:
      return [];
  }
}

function changeUri(
  of: CaddyDirective,
  [kind = '', first = '', second = '']: readonly string[],
  action: Part,
  match: Match,
): void {
  const rewrite = (regex: string, to: string): void =>
    once(action, () => action.set('rewrite', new Part().set('regex', regex, of).set('to', to, of), of));
  if (kind === 'strip_prefix') {
    if (
      match.path?.kind === 'start' &&
      match.path.text.replace(/\/$/, '') === first.replace(/\/$/, '') &&
      match.path.text.endsWith('/')
    )
      once(action, () => action.set('strip_prefix', true, of));
    else rewrite(`^${quoted(first.replace(/\/$/, ''))}/?`, '/');
  } else if (kind === 'strip_suffix') rewrite(`${quoted(first)}$`, '');
  else if (kind === 'replace') rewrite(quoted(first), second.replaceAll(/[{}]/g, '$&$&'));
  else if (kind === 'path_regexp') {
    const { text, fault } = keepExpression(first);
    if (text === undefined) throw new InexpressibleMatch(fault!);
    rewrite(text, second.replaceAll(/[{}]/g, '$&$&').replaceAll(/\$\{?(\d+)\}?/g, '{group.$1}'));
  } else throw new InexpressibleMatch(`${kind}: has no counterpart`);
}

function once(action: Part, set: () => void): void {
  if (action.get('pool') === undefined) return;
  if (action.get('rewrite') !== undefined || action.get('strip_prefix') !== undefined)
    throw new InexpressibleMatch('a route rewrites the path once');
  set();
}

/** Where only some requests of a route are meant, those have a route of their own before it. */
function applied(
  drafts: readonly Draft[],
  changes: readonly Change[],
  within: readonly Match[],
  findings: GatewayOutline['findings'],
): readonly Draft[] {
  return changes.reduce<readonly Draft[]>(
    (some, { matches, apply }) =>
      some.flatMap((draft) => {
        try {
          const isAll = matches.some((match) => JSON.stringify(match) === JSON.stringify(ANY));
          if (isAll) {
            const action = draft.action.copy();
            apply(action, draft.match);
            return [{ ...draft, action }];
          }
          const narrowed = matches
            .flatMap((match) => allOf([draft.match], [match]))
            .map((match) => {
              const action = draft.action.copy();
              apply(action, match);
              return { ...draft, match, action };
            });
          return [...narrowed, draft];
        } catch (error) {
          if (!(error instanceof InexpressibleMatch)) throw error;
          findings.refuse(draft.origin, error.message);
          return [draft];
        }
      }),
    within.length === 0 ? [] : drafts,
  );
}
