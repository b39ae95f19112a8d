/** Matchers of a Caddyfile. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression, quoted } from '../matching/expression.ts';
import { ANY, type Match, type PathMatch } from '../matching/rule.ts';
import type { CaddyDirective } from './caddy-syntax.ts';

export interface CaddyMatcher {
  readonly matches: readonly Match[];
  /** Empty: any address. */
  readonly addresses: readonly string[];
  /** The addresses are those that it does not match. */
  readonly isOutside: boolean;
}

const EVERYTHING: CaddyMatcher = { matches: [ANY], addresses: [], isOutside: false };

export type NamedMatchers = ReadonlyMap<string, CaddyDirective>;

/** Of the first argument, if it is one. Throws an InexpressibleMatch. @returns what is left, too */
export function takeMatcher(
  args: readonly string[],
  named: NamedMatchers,
): { readonly matcher: CaddyMatcher; readonly rest: readonly string[] } {
  const [first = '', ...rest] = args;
  if (first === '*') return { matcher: EVERYTHING, rest };
  if (first.startsWith('/')) return { matcher: { ...EVERYTHING, matches: [pathMatch(first)] }, rest };
  if (!first.startsWith('@')) return { matcher: EVERYTHING, rest: args };
  const found = named.get(first);
  if (found === undefined) throw new InexpressibleMatch(`there is no matcher "${first}"`);
  const lines = found.block ?? [{ ...found, name: found.args[0] ?? '', args: found.args.slice(1) }];
  return { matcher: lines.reduce((some, line) => bothMatchers(some, readMatcher(line)), EVERYTHING), rest };
}

function bothMatchers(one: CaddyMatcher, other: CaddyMatcher): CaddyMatcher {
  if (one.addresses.length > 0 && other.addresses.length > 0)
    throw new InexpressibleMatch('two conditions on addresses');
  const from = one.addresses.length > 0 ? one : other;
  return { matches: allOf(one.matches, other.matches), addresses: from.addresses, isOutside: from.isOutside };
}

function readMatcher({ name, args, block }: CaddyDirective): CaddyMatcher {
  const of = (...matches: readonly Match[]): CaddyMatcher => ({ ...EVERYTHING, matches });
  const [first = '', ...others] = args;
  switch (name) {
    case 'path':
      return of(...args.map(pathMatch));
    case 'path_regexp':
      return of({ ...ANY, path: { kind: 'regex', text: kept(args.at(-1) ?? '') } });
    case 'host':
      return of(...args.map((host) => ({ ...ANY, host: host.toLowerCase() })));
    case 'method':
      return of({ ...ANY, methods: args.map((method) => method.toUpperCase()) });
    case 'header': {
      if (first.startsWith('!') || args.length === 0)
        throw new InexpressibleMatch('a route cannot demand that a field is missing');
      return of(...(others.length === 0 ? ['*'] : others).map((value) => headerMatch(first.toLowerCase(), value)));
    }
    case 'header_regexp':
      return of({ ...ANY, headersRegex: { [(args.at(-2) ?? '').toLowerCase()]: kept(args.at(-1) ?? '') } });
    case 'query':
      return of(
        ...args.map((pair) => ({ ...ANY, query: { [pair.split('=', 2)[0] ?? '']: pair.split('=', 2)[1] ?? '' } })),
      );
    case 'remote_ip':
    case 'client_ip':
      return {
        matches: [ANY],
        addresses: args
          .filter((each) => each !== 'forwarded')
          .flatMap((each) => (each === 'private_ranges' ? PRIVATE : [each])),
        isOutside: false,
      };
    case 'not': {
      const [inner, ...more] = block ?? [{ name: first, args: others, block: null } as unknown as CaddyDirective];
      const read = inner === undefined || more.length > 0 ? undefined : readMatcher(inner);
      if (read === undefined || read.addresses.length === 0)
        throw new InexpressibleMatch('a route cannot demand that something is not so: not');
      return { ...read, isOutside: !read.isOutside };
    }
    default:
      throw new InexpressibleMatch(`${name}: no route can demand it`);
  }
}

const PRIVATE = ['192.168.0.0/16', '172.16.0.0/12', '10.0.0.0/8', '127.0.0.1/8', 'fd00::/8', '::1'];

function headerMatch(name: string, value: string): Match {
  if (value === '*' || !value.includes('*')) return { ...ANY, headers: { [name]: value } };
  return { ...ANY, headersRegex: { [name]: `^${value.split('*').map(quoted).join('.*')}$` } };
}

function pathMatch(text: string): Match {
  if (text === '*' || text === '/*') return ANY;
  return { ...ANY, path: pathOf(text) };
}

function pathOf(text: string): PathMatch {
  const inner = text.slice(0, -1);
  if (text.endsWith('*') && !inner.includes('*')) return { kind: 'start', text: inner };
  if (!text.includes('*')) return { kind: 'exact', text };
  const source = text
    .split('*')
    .map(quoted)
    .join(text.startsWith('*') || text.endsWith('*') ? '.*' : '[^/]*');
  return { kind: 'regex', text: `^${source}$` };
}

function kept(source: string): string {
  const { text, fault } = keepExpression(source);
  if (text === undefined) throw new InexpressibleMatch(fault!);
  return text;
}
