/** The rules of a frontend and of its backends, in the order in which HAProxy tries them. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression } from '../matching/expression.ts';
import { ANY, type Match } from '../matching/rule.ts';
import { addressLists, type AddressLists, type AddressRule, bothLists } from '../outline/address-order.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import type { Origin } from '../outline/origin.ts';
import { Part } from '../outline/part.ts';
import { redirectAction, respondAction } from '../outline/redirect-target.ts';
import { timeText } from '../outline/times.ts';
import { type Acls, type Condition, type Literal, matchesOf, readCondition } from './haproxy-conditions.ts';
import type { Section } from './haproxy-pools.ts';
import type { HaproxyLine } from './haproxy-syntax.ts';
import { isConverted, readSample } from './haproxy-sample.ts';
import { haproxyMs, haproxyTemplate } from './haproxy-values.ts';

export interface Draft {
  readonly match: Match;
  readonly action: Part;
  readonly origin: Origin;
}

export interface RuleSet {
  /** Answers that come before the pools are chosen. */
  readonly answers: Draft[];
  /** Applied to every route of these matches. */
  readonly changes: { readonly matches: readonly Match[]; readonly apply: (action: Part) => void }[];
  /** Status with which all requests without TLS are redirected. */
  tlsRedirect: { readonly status: number; readonly origin: Origin } | undefined;
}

/** What stands behind `if` or `unless`. */
export interface Conditioned {
  readonly words: readonly string[];
  /** Undefined: always. */
  readonly condition: Condition | undefined;
}

export function conditioned(args: readonly string[], acls: Acls): Conditioned {
  const at = args.findIndex((word) => word === 'if' || word === 'unless');
  if (at === -1) return { words: args, condition: undefined };
  const read = readCondition(args.slice(at + 1), acls);
  if (args[at] === 'if') return { words: args.slice(0, at), condition: read };
  // Not (a and b) is (not a) or (not b); not (a or b) is (not a) and (not b).
  const negated = read.reduce<readonly (readonly Literal[])[]>(
    (some, literals) =>
      some.flatMap((each) => literals.map((literal) => [...each, { ...literal, isNegated: !literal.isNegated }])),
    [[]],
  );
  return { words: args.slice(0, at), condition: negated };
}

/** `http-request`, `http-response`, `redirect` and `tcp-request` of one section. */
export function readRules(
  section: Section,
  acls: Acls,
  outline: GatewayOutline,
  limitAll: (line: HaproxyLine, above: number) => Part | undefined,
): RuleSet {
  const set: RuleSet = { answers: [], changes: [], tlsRedirect: undefined };
  const addresses: AddressRule[] = [];
  let firstAddress: HaproxyLine | undefined;
  const { findings } = outline;
  for (const line of section.own) {
    try {
      const { words, condition } = conditioned(line.args, acls);
      const [kind = '', ...rest] = words;
      if (line.name === 'redirect') readRedirect(line, words, condition, set, outline);
      else if (line.name === 'http-response') readField(line, kind, rest, condition, 'response_headers', set, outline);
      else if (line.name === 'tcp-request') readConnection(line, words, condition);
      else if (line.name === 'http-request') readRequest(line, kind, rest, condition);
      else if (line.name === 'monitor-uri')
        set.answers.push({
          match: { ...ANY, path: { kind: 'exact', text: line.args[0] ?? '' } },
          action: respondAction(200, undefined, line),
          origin: line,
        });
    } catch (error) {
      if (!(error instanceof InexpressibleMatch)) throw error;
      findings.refuse(line, error.message);
    }
  }
  if (addresses.length > 0) {
    const lists = addressLists(addresses, true);
    if (lists === undefined) findings.refuse(firstAddress, 'has an address that is neither an IP address nor a block');
    else set.changes.push({ matches: [ANY], apply: (action) => restrict(action, lists, firstAddress) });
  }
  return set;

  function readConnection(line: HaproxyLine, words: readonly string[], condition: Condition | undefined): void {
    const verdict = words.find((word) => word === 'reject' || word === 'accept');
    if (words.includes('inspect-delay') || words.some((word) => word.startsWith('track-sc'))) return;
    if (verdict === undefined) return findings.refuse(line, 'decides about connections, not requests');
    judge(line, verdict === 'reject' ? 'deny' : 'allow', [], condition);
  }

  function readRequest(
    line: HaproxyLine,
    kind: string,
    rest: readonly string[],
    condition: Condition | undefined,
  ): void {
    if (kind === 'deny' || kind === 'reject' || kind === 'tarpit' || kind === 'silent-drop' || kind === 'allow')
      judge(line, kind, rest, condition);
    else if (kind === 'redirect') readRedirect(line, rest, condition, set, outline);
    else if (kind === 'return') {
      const status = Number(rest[rest.indexOf('status') + 1] ?? '200');
      const text = rest.includes('string') ? rest[rest.indexOf('string') + 1] : undefined;
      answer(line, condition, respondAction(rest.includes('status') ? status : 200, text, line));
    } else if (kind === 'auth')
      findings.refuse(
        line,
        'passwords are stored as hashes here: set auth.basic of the routes with those of sluice password',
      );
    else if (kind === 'set-path' || kind === 'replace-path') readPath(line, kind, rest, condition, set, outline);
    else if (
      /^(?:track-sc\d|set-log-level|capture|set-var|unset-var|set-nice|set-tos|set-mark|early-hint|disable-l7-retry|wait-for-body|normalize-uri|cache-use)/.test(
        kind,
      )
    ) {
      if (kind.startsWith('capture') || kind.startsWith('cache')) findings.lose(line, `${kind}: has no counterpart`);
    } else readField(line, kind, rest, condition, 'request_headers', set, outline);
  }

  function answer(line: HaproxyLine, condition: Condition | undefined, action: Part): void {
    for (const literals of condition ?? [[]])
      for (const match of matchesOf(literals)) set.answers.push({ match, action, origin: line });
  }

  /** Who is refused, or let through. */
  function judge(line: HaproxyLine, kind: string, rest: readonly string[], condition: Condition | undefined): void {
    const isAllowed = kind === 'allow';
    const given = Number(rest[rest.indexOf('deny_status') + 1]);
    const status = rest.includes('deny_status') && given >= 200 && given <= 599 ? given : 403;
    for (const literals of condition ?? [[]]) {
      const sources = literals.filter(({ term }) => term.kind === 'source' || term.kind === 'local');
      const rates = literals.filter(({ term }) => term.kind === 'rate');
      const others = literals.filter((each) => !sources.includes(each) && !rates.includes(each));
      const matches = matchesOf(others);
      const [rate] = rates;
      if (rate !== undefined && sources.length === 0 && !rate.isNegated && !isAllowed && rate.term.kind === 'rate') {
        const limit = limitAll(line, rate.term.above);
        if (limit !== undefined)
          set.changes.push({
            matches,
            apply: (action) => void action.set(['rate_limit', 'client'], limit.copy(), line),
          });
        continue;
      }
      if (sources.length > 1 || rates.length > 0)
        throw new InexpressibleMatch('conditions on addresses that depend on each other');
      const [source] = sources;
      if (source === undefined) {
        if (isAllowed) throw new InexpressibleMatch('allow skips the rules after it: name what they refuse instead');
        if (others.length === 0) addresses.push({ isAllowed: false, address: 'all' });
        else
          for (const match of matches)
            set.answers.push({ match, action: respondAction(status, undefined, line), origin: line });
        continue;
      }
      const named = source.term.kind === 'source' ? source.term.addresses : ['127.0.0.1', '::1'];
      const own: AddressRule[] = source.isNegated
        ? [...named.map((address) => ({ isAllowed: !isAllowed, address })), { isAllowed, address: 'all' }]
        : named.map((address) => ({ isAllowed, address }));
      if (others.length === 0) {
        if (
          isAllowed &&
          section.own
            .slice(section.own.indexOf(line) + 1)
            .some(
              (each) =>
                each.name === 'http-request' &&
                each.args[0] === 'deny' &&
                !/\bsrc\b/.test(each.args.join(' ')) &&
                each.args.length > 1,
            )
        )
          throw new InexpressibleMatch('allow skips the rules after it: name what they refuse instead');
        firstAddress ??= line;
        addresses.push(...own);
      } else {
        const lists = addressLists(own, true);
        if (lists === undefined || isAllowed)
          throw new InexpressibleMatch(
            'an address that is neither an IP address nor a block, or an exception from other rules',
          );
        set.changes.push({ matches, apply: (action) => restrict(action, lists, line) });
      }
    }
  }
}

function restrict(action: Part, lists: AddressLists, origin: Origin | undefined): void {
  const listOf = (key: string): readonly string[] => (action.get(key) ?? []) as readonly string[];
  const { allow, deny } = bothLists({ allow: listOf('allow'), deny: listOf('deny') }, lists);
  for (const [key, blocks] of Object.entries({ allow, deny })) {
    if (blocks.length > 0) action.set(key, blocks, origin);
    else action.delete(key);
  }
}

function readRedirect(
  line: HaproxyLine,
  words: readonly string[],
  condition: Condition | undefined,
  set: RuleSet,
  outline: GatewayOutline,
): void {
  const [kind = '', target = ''] = words;
  const code = words.includes('code') ? Number(words[words.indexOf('code') + 1]) : 302;
  if (kind === 'scheme' && target === 'https') {
    const isAll =
      condition === undefined || condition.some((literals) => literals.length === 1 && isWithoutTls(literals[0]!));
    if (isAll) {
      set.tlsRedirect = { status: code, origin: line };
      return;
    }
  }
  const { text, unknown } = haproxyTemplate(target);
  if (text === undefined) return outline.findings.refuse(line, `${unknown} has no placeholder here`);
  for (const literals of condition ?? [[]]) {
    for (const match of matchesOf(literals.filter((literal) => !(kind === 'scheme' && isWithoutTls(literal))))) {
      const location =
        kind === 'scheme'
          ? `${text}://{host}{path}{query}`
          : kind === 'prefix'
            ? `${text.replace(/\/$/, '')}{path}{query}`
            : text;
      const action = redirectAction(location, code, match.host, line, outline.findings);
      if (action !== undefined) set.answers.push({ match, action, origin: line });
    }
  }
}

function isWithoutTls({ term, isNegated }: Literal): boolean {
  return (term.kind === 'tls' && isNegated) || (term.kind === 'plain' && !isNegated);
}

function readPath(
  line: HaproxyLine,
  kind: string,
  rest: readonly string[],
  condition: Condition | undefined,
  set: RuleSet,
  { findings }: GatewayOutline,
): void {
  const rewrite = new Part();
  const [first = '', second = ''] = rest;
  if (kind === 'set-path') {
    const { text, unknown } = haproxyTemplate(first);
    if (text === undefined) return findings.refuse(line, `${unknown} has no placeholder here`);
    rewrite.set('path', text, line);
  } else {
    const { text, fault } = keepExpression(first);
    if (text === undefined) return findings.refuse(line, fault!);
    rewrite
      .set('regex', text, line)
      .set('to', second.replaceAll(/[{}]/g, '$&$&').replaceAll(/\\(\d)/g, '{group.$1}'), line);
  }
  const matches = (condition ?? [[]]).flatMap((literals) => matchesOf(literals));
  set.changes.push({
    matches,
    apply: (action) => {
      if (action.get('rewrite') !== undefined) throw new InexpressibleMatch('a route rewrites the path once');
      action.set('rewrite', rewrite.copy(), line);
    },
  });
}

const SENT = /^(?:x-forwarded-(?:for|proto|host|port)|connection|upgrade|x-request-id|x-unique-id-off)$/;

function readField(
  line: HaproxyLine,
  kind: string,
  rest: readonly string[],
  condition: Condition | undefined,
  key: 'request_headers' | 'response_headers',
  set: RuleSet,
  { findings }: GatewayOutline,
): void {
  const [name = '', value = ''] = rest;
  const field = name.toLowerCase();
  const [verb] = /^(?:set|add|del)(?=-header$)/.exec(kind) ?? [];
  if (verb === undefined) {
    if (key === 'response_headers' && !['deny', 'return', 'redirect'].includes(kind))
      return findings.lose(line, `${kind}: has no counterpart`);
    return findings.refuse(line, `${kind}: has no counterpart`);
  }
  if (key === 'request_headers' && SENT.test(field)) return;
  if (field === 'host' && key === 'request_headers')
    return findings.refuse(
      line,
      'Host: backends get the Host of the client, or with preserve_host: false of the pool their own',
    );
  const isTls = condition?.every((literals) =>
    literals.every(({ term }) => term.kind === 'tls' || term.kind === 'plain'),
  );
  if (condition !== undefined && isTls !== true && condition.some((literals) => literals.length > 0))
    return findings.lose(line, `${name}: fields are set on all requests of a route, not by this condition`);
  const { text, unknown } = haproxyTemplate(value);
  if (verb !== 'del' && text === undefined) {
    findings.lose(
      line,
      `${name}: ${unknown} has no placeholder here${key === 'request_headers' ? '; what clients send in it is removed' : ''}`,
    );
    if (key === 'response_headers') return;
  }
  const isRemoved = verb === 'del' || text === undefined;
  set.changes.push({
    matches: [ANY],
    apply: (action) => {
      if (!isRemoved) return void action.set([key, verb === 'add' ? 'add' : 'set', field], text, line);
      const before = action.get(key, 'remove');
      action.set([key, 'remove'], [...(Array.isArray(before) ? (before as readonly string[]) : []), field], line);
    },
  });
}

/** The routes with all that is changed for them: where only some requests of a route are meant, those have a route of their own before it. */
export function applyChanges(drafts: readonly Draft[], { changes }: RuleSet): readonly Draft[] {
  return changes.reduce<readonly Draft[]>(
    (some, { matches, apply }) =>
      some.flatMap((draft) => {
        if (draft.action.get('respond') !== undefined || draft.action.get('redirect') !== undefined) return [draft];
        const changed = draft.action.copy();
        apply(changed);
        if (matches.some((match) => JSON.stringify(match) === JSON.stringify(ANY)))
          return [{ ...draft, action: changed }];
        return [
          ...matches.flatMap((match) =>
            allOf([draft.match], [match]).map((both) => ({ ...draft, match: both, action: changed })),
          ),
          draft,
        ];
      }),
    drafts,
  );
}

/** A limit of `http_req_rate(10s)`: a window for each client. */
export function windowOf(
  table: HaproxyLine | undefined,
  track: HaproxyLine | undefined,
  above: number,
  line: HaproxyLine,
  { findings }: GatewayOutline,
): Part | undefined {
  const text = table?.args.join(' ') ?? '';
  const [, period = ''] = /http_req_rate\(([^)]+)\)/.exec(text) ?? [];
  const ms = haproxyMs(period);
  const [, field] = /^(?:req\.)?f?hdr\(([\w-]+)\)$/.exec(track?.args[1] ?? '') ?? [];
  const key = track?.args[1];
  if (ms === undefined || above < 1 || (key !== undefined && key !== 'src' && field === undefined)) {
    const sample = readSample(key ?? '');
    findings.refuse(
      line,
      isConverted(sample)
        ? `${key}: ${sample.fault ?? 'the key of a limit is a whole field'}`
        : 'a limit needs a stick-table with http_req_rate, tracked by src or hdr(NAME)',
    );
    return undefined;
  }
  const limit = new Part().set('limit', above, line).set('size', timeText(ms, table!, findings), table);
  if (field !== undefined) limit.set('key', `{header.${field.toLowerCase()}}`, track);
  return limit;
}
