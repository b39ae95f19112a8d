/** `acl`, and the conditions behind `if` and `unless`. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression, quoted } from '../matching/expression.ts';
import { ANY, type Match, type PathMatch } from '../matching/rule.ts';
import { isHostField, isWhole, partExpression, readSample, type Sample } from './haproxy-sample.ts';
import type { HaproxyLine } from './haproxy-syntax.ts';

/** One test, such as `path_beg /api`. */
export type Term =
  | { readonly kind: 'match'; readonly matches: readonly Match[] }
  | { readonly kind: 'source'; readonly addresses: readonly string[] }
  | { readonly kind: 'plain' | 'tls' | 'always' | 'never' | 'local' }
  /** The rate of a tracked client: more than so many. */
  | { readonly kind: 'rate'; readonly above: number }
  | { readonly kind: 'user'; readonly list: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Literal {
  readonly term: Term;
  readonly isNegated: boolean;
}

/** Alternatives, each of which has all of its literals. */
export type Condition = readonly (readonly Literal[])[];

/** Terms by the name of the acl; several lines of one name are alternatives. */
export type Acls = ReadonlyMap<string, readonly Term[]>;

export function readAcls(lines: readonly HaproxyLine[]): Acls {
  const acls = new Map<string, Term[]>();
  for (const { name, args } of lines) {
    if (name !== 'acl') continue;
    const [title = '', ...test] = args;
    acls.set(title, [...(acls.get(title) ?? []), readTerm(test)]);
  }
  return acls;
}

/** @param words after `if` or `unless`; `undefined`: always */
export function readCondition(words: readonly string[], acls: Acls): Condition {
  const groups: (readonly Term[] | { readonly isNegated: true; readonly terms: readonly Term[] })[][] = [[]];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (word === 'or' || word === '||') {
      groups.push([]);
      continue;
    }
    if (word === '!') continue;
    const isNegated = word.startsWith('!') || words[at - 1] === '!';
    const bare = word.replace(/^!/, '');
    let terms: readonly Term[];
    if (bare === '{') {
      const end = words.indexOf('}', at);
      terms = [end === -1 ? { kind: 'unknown', why: '"}" is missing' } : readTerm(words.slice(at + 1, end))];
      at = end === -1 ? words.length : end;
    } else terms = acls.get(bare) ?? [PREDEFINED[bare] ?? { kind: 'unknown', why: `there is no acl "${bare}"` }];
    groups.at(-1)!.push(isNegated ? { isNegated, terms } : terms);
  }
  // Alternatives of an acl are multiplied out; negated ones are all negated.
  return groups.flatMap((group) =>
    group.reduce<readonly (readonly Literal[])[]>(
      (some, each) =>
        'isNegated' in each
          ? some.map((literals) => [...literals, ...each.terms.map((term) => ({ term, isNegated: true }))])
          : some.flatMap((literals) => each.map((term) => [...literals, { term, isNegated: false }])).slice(0, 512),
      [[]],
    ),
  );
}

const method = (...methods: readonly string[]): Term => ({ kind: 'match', matches: [{ ...ANY, methods }] });

const PREDEFINED: Readonly<Record<string, Term>> = {
  TRUE: { kind: 'always' },
  FALSE: { kind: 'never' },
  HTTP: { kind: 'always' },
  LOCALHOST: { kind: 'local' },
  METH_GET: method('GET', 'HEAD'),
  METH_HEAD: method('HEAD'),
  METH_POST: method('POST'),
  METH_PUT: method('PUT'),
  METH_DELETE: method('DELETE'),
  METH_OPTIONS: method('OPTIONS'),
  METH_TRACE: method('TRACE'),
  METH_CONNECT: { kind: 'never' },
};

function readTerm(words: readonly string[]): Term {
  const [criterion = '', ...rest] = words;
  const sample = readSample(criterion);
  const { fetch = '', argument = '', part } = sample ?? {};
  const flags: string[] = [];
  const values = [...rest];
  while (values[0]?.startsWith('-') === true && values[0].length > 1) {
    const flag = values.shift()!;
    if (flag === '--') break;
    flags.push(flag === '-m' ? `-m ${values.shift() ?? ''}` : flag);
  }
  const from = flags.find((flag) => flag === '-f' || flag === '-M');
  if (from !== undefined) return { kind: 'unknown', why: `${criterion} ${from}: values of a file are not read` };
  if (sample?.fault !== undefined) return { kind: 'unknown', why: `${criterion}: ${sample.fault}` };
  const lower = sample?.lower === true || flags.includes('-i');
  if (part !== undefined) return partTerm(sample!, flags, values, lower) ?? noRoute(words);
  if (fetch === 'src') return { kind: 'source', addresses: values };
  if (fetch === 'ssl_fc') return { kind: values[0] === '0' ? 'plain' : 'tls' };
  if (fetch === 'dst_port')
    return values[0] === '443'
      ? { kind: 'tls' }
      : values[0] === '80'
        ? { kind: 'plain' }
        : { kind: 'unknown', why: 'dst_port: routes are the same on all ports' };
  if (fetch === 'always_true') return { kind: 'always' };
  if (fetch === 'always_false') return { kind: 'never' };
  if (fetch === 'http_auth') return { kind: 'user', list: argument };
  const [, rate] =
    /^(?:sc_http_req_rate|sc\d_http_req_rate|src_http_req_rate)$/.exec(fetch) === null ? [] : [fetch, fetch];
  if (rate !== undefined && (values[0] === 'gt' || values[0] === 'ge'))
    return { kind: 'rate', above: Number(values[1]) - (values[0] === 'ge' ? 1 : 0) };
  return matchTerm(fetch, argument, flags, values, lower) ?? noRoute(words);
}

function noRoute(words: readonly string[]): Term {
  return { kind: 'unknown', why: `${words.join(' ')}: no route can demand it` };
}

/** Of a sample with `field(INDEX,DELIMITERS)`. */
function partTerm(
  { fetch, argument, part }: Sample,
  flags: readonly string[],
  values: readonly string[],
  lower: boolean,
): Term | undefined {
  const subject = fetch.replace(/^req\./, '');
  const isPath = subject === 'path' || subject === 'url';
  const isHost = isHostField(fetch, argument);
  if ((isHost && isWhole(part!, 'host')) || (isPath && isWhole(part!, 'path')))
    return matchTerm(fetch, argument, flags, values, lower);
  const how = flags.find((flag) => flag.startsWith('-m '))?.slice(3) ?? 'str';
  if (isHost || (how !== 'str' && how !== 'beg') || subject === 'url') return undefined;
  return matchTerm(
    fetch,
    argument,
    ['-m reg'],
    values.map((value) => partExpression(part!, value, how)),
    lower,
  );
}

function matchTerm(
  fetch: string,
  argument: string,
  flags: readonly string[],
  values: readonly string[],
  lower: boolean,
): Term | undefined {
  const method_ = flags.find((flag) => flag.startsWith('-m '))?.slice(3);
  const [, base = '', suffix] = /^(.*?)(?:_(beg|end|reg|sub|dir|dom|str))?$/.exec(fetch) ?? [];
  const how = method_ ?? suffix ?? 'str';
  const subject = base.replace(/^req\./, '');
  if (subject === 'method') return how === 'str' ? method(...values) : undefined;
  const isHost = isHostField(subject, argument) || subject === 'ssl_fc_sni' || subject === 'req_ssl_sni';
  const all = (make: (value: string) => Match | string | undefined): Term | undefined => {
    const matches = values.map(make);
    const fault = matches.find((each) => typeof each === 'string');
    if (fault !== undefined) return { kind: 'unknown', why: fault };
    return matches.includes(undefined) || matches.length === 0
      ? undefined
      : { kind: 'match', matches: matches as Match[] };
  };
  if (isHost) return all((value) => hostMatch(how, value.toLowerCase().replace(/:\d+$/, '')));
  if (subject === 'path' || subject === 'url') return all((value) => pathMatch(how, value, lower));
  if (/^f?hdr$/.test(subject) || subject === 'cook') {
    const isCookie = subject === 'cook';
    const name = argument.toLowerCase();
    if (how === 'found' || (values.length === 0 && method_ === 'found'))
      return isCookie ? undefined : { kind: 'match', matches: [{ ...ANY, headers: { [name]: '*' } }] };
    return all((value) =>
      isCookie ? cookieMatch(argument, how, value) : fieldMatch('headers', name, how, value, lower),
    );
  }
  if (subject === 'url_param' || subject === 'urlp') {
    if (how === 'found') return { kind: 'match', matches: [{ ...ANY, query: { [argument]: '*' } }] };
    return all((value) => fieldMatch('query', argument, how, value, lower));
  }
  return undefined;
}

function hostMatch(how: string, value: string): Match | undefined {
  if (how === 'str') return { ...ANY, host: value };
  return how === 'end' && value.startsWith('.') ? { ...ANY, host: `*${value}` } : undefined;
}

function pathMatch(how: string, value: string, ignoresCase: boolean): Match | string | undefined {
  const regex = (source: string): Match | string => {
    const { text, fault } = keepExpression(source, { ignoresCase });
    return text === undefined ? fault! : { ...ANY, path: { kind: 'regex', text } };
  };
  const isFixed = !ignoresCase || !/[a-z]/i.test(value);
  if (how === 'reg') return regex(value);
  if (how === 'str') return isFixed ? { ...ANY, path: { kind: 'exact', text: value } } : regex(`^${quoted(value)}$`);
  if (how === 'beg') return isFixed ? { ...ANY, path: startOf(value) } : regex(`^${quoted(value)}`);
  if (how === 'end') return regex(`${quoted(value)}$`);
  if (how === 'sub') return regex(quoted(value));
  return how === 'dir' ? regex(`(?:^|/)${quoted(value.replaceAll(/^\/|\/$/g, ''))}(?:/|$)`) : undefined;
}

function startOf(text: string): PathMatch | undefined {
  return text === '/' ? undefined : { kind: 'start', text };
}

function fieldMatch(
  kind: 'headers' | 'query',
  name: string,
  how: string,
  value: string,
  ignoresCase: boolean,
): Match | string | undefined {
  if (how === 'str' && !ignoresCase) return { ...ANY, [kind]: { [name]: value } };
  const source = {
    str: `^${quoted(value)}$`,
    beg: `^${quoted(value)}`,
    end: `${quoted(value)}$`,
    sub: quoted(value),
    reg: value,
  }[how];
  if (source === undefined) return undefined;
  const { text, fault } = keepExpression(source, { ignoresCase });
  return text === undefined ? fault : { ...ANY, [`${kind}Regex`]: { [name]: text } };
}

function cookieMatch(name: string, how: string, value: string): Match | undefined {
  return how === 'str'
    ? { ...ANY, headersRegex: { cookie: `(?:^|;\\s*)${quoted(name)}=${quoted(value)}(?:;|$)` } }
    : undefined;
}

/** The matches of literals that are all of routes. Throws an InexpressibleMatch. */
export function matchesOf(literals: readonly Literal[]): readonly Match[] {
  const parts = literals.map(({ term, isNegated }) => {
    if (isNegated && term.kind !== 'never' && term.kind !== 'always')
      throw new InexpressibleMatch('a route cannot demand that something is not so');
    if (term.kind === 'match') return term.matches;
    if (term.kind === 'always' || term.kind === 'never') return (term.kind === 'always') === isNegated ? [] : [ANY];
    throw new InexpressibleMatch(term.kind === 'unknown' ? term.why : `${term.kind}: no route can demand it here`);
  });
  return allOf(...parts);
}
