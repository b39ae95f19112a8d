/** Routes of Kong as rules, and the priority that its router gives each. */
import { keepExpression, quoted } from '../matching/expression.ts';
import { ANY, type Match, type PathMatch } from '../matching/rule.ts';
import { entriesOf, fieldOf, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import type { Origin } from '../outline/origin.ts';
import { Part } from '../outline/part.ts';
import { givenOf, itemsOf, type KongWorld, numberOf, onlyKeys } from './kong-entities.ts';

export interface RouteChoice {
  readonly match: Match;
  /** The larger one is tried first, number by number. */
  readonly priority: readonly number[];
  /** What stripping the path means. */
  readonly action: Part;
}

/** Before 3.0, a path with any other character is a regular expression. */
const PLAIN_PATH = /^[\w.~/%-]*$/;

/** A host with a path each; none if the route cannot be expressed. */
export function choicesOf(of: Sourced, { file, outline }: KongWorld): readonly RouteChoice[] {
  const { findings } = outline;
  onlyKeys(
    of,
    'name id tags created_at updated_at service plugins protocols methods hosts paths headers strip_path preserve_host ' +
      'regex_priority path_handling snis sources destinations expression priority https_redirect_status_code ' +
      'request_buffering response_buffering',
    findings,
  );
  readProtocols(of, { file, outline });
  for (const [key, why] of [
    ['snis', 'routes are chosen by the Host field, which is the same as the name of TLS here: hosts'],
    ['sources', 'set allow of the route'],
    ['destinations', 'routes are the same on all ports'],
  ] as const)
    if (itemsOf(of, key).length > 0) findings.refuse(fieldOf(of, key)!.origin, why);
  const expression = givenOf(of, 'expression');
  if (expression !== undefined) {
    findings.refuse(expression.origin, 'expressions are not read: hosts, paths, methods and headers are');
    return [];
  }
  const methods = itemsOf(of, 'methods').map((each) => (textOf(each) ?? '').toUpperCase());
  const headers = headersOf(of, findings.refuse.bind(findings));
  const hosts = hostsOf(of, findings.refuse.bind(findings));
  const isOld = Number(textOf(fieldOf(file, '_format_version')) ?? '3') < 3;
  const paths = pathsOf(of, isOld, findings.refuse.bind(findings));
  if (hosts === undefined || paths === undefined || headers === undefined) return [];
  const parts = [methods, hosts, Object.keys(headers), itemsOf(of, 'snis'), paths];
  const weight = parts.filter((each) => each.length > 0).length;
  const isPlainHost = hosts.length > 0 && hosts.every((host) => !host.startsWith('*'));
  const someHosts: readonly (string | undefined)[] = hosts.length > 0 ? hosts : [undefined];
  const somePaths: readonly (KongPath | undefined)[] = paths.length > 0 ? paths : [undefined];
  return someHosts.flatMap((host) =>
    somePaths.map((path) => ({
      match: { ...ANY, host, path: path?.match, methods, headersRegex: headers },
      priority: [
        weight,
        isPlainHost ? 1 : 0,
        Object.keys(headers).length,
        path?.isRegex === true ? 1 : 0,
        path?.isRegex === true ? numberOf(of, 'regex_priority', 0) : 0,
        path === undefined || path.isRegex ? 0 : path.source.length,
      ],
      action: strippedOf(of, path),
    })),
  );
}

/** For sorting: the more important first. */
export function comparePriority(one: RouteChoice, other: RouteChoice): number {
  const at = one.priority.findIndex((each, index) => each !== other.priority[index]);
  return at === -1 ? 0 : other.priority[at]! - one.priority[at]!;
}

interface KongPath {
  readonly source: string;
  readonly isRegex: boolean;
  readonly match: PathMatch;
  readonly origin: Origin;
}

type Refuse = (origin: Origin, message: string) => void;

function pathsOf(of: Sourced, isOld: boolean, refuse: Refuse): readonly KongPath[] | undefined {
  const paths: KongPath[] = [];
  for (const each of itemsOf(of, 'paths')) {
    const text = textOf(each) ?? '';
    const isRegex = text.startsWith('~') || (isOld && !PLAIN_PATH.test(text));
    const source = text.replace(/^~/, '');
    const { origin } = each;
    if (!isRegex) {
      // A slash at the end is demanded there, and not by prefixes here.
      const endsWithSlash = source !== '/' && source.endsWith('/');
      const match: PathMatch = endsWithSlash
        ? { kind: 'regex', text: `^${quoted(source)}` }
        : { kind: 'start', text: source };
      paths.push({ source, isRegex, match, origin });
      continue;
    }
    const bare = source.replace(/^\^/, '');
    const { text: kept, fault } = keepExpression(bare.includes('|') ? `^(?:${bare})` : `^${bare}`);
    if (kept === undefined) {
      refuse(origin, fault!);
      return undefined;
    }
    paths.push({ source, isRegex, match: { kind: 'regex', text: kept }, origin });
  }
  return paths;
}

function strippedOf(of: Sourced, path: KongPath | undefined): Part {
  const action = new Part();
  const strip = givenOf(of, 'strip_path');
  if (path === undefined || path.source === '/' || strip?.value === false) return action;
  const origin = strip?.origin ?? path.origin;
  const remark = strip === undefined ? "Kong's default: strip_path" : undefined;
  if (path.match.kind === 'start') return action.set('strip_prefix', true, origin, remark);
  const rewrite = new Part().set('regex', `${path.match.text}${path.isRegex ? '/?' : ''}`, origin, remark);
  return action.set('rewrite', rewrite.set('to', '/', origin, remark), origin);
}

function hostsOf(of: Sourced, refuse: Refuse): readonly string[] | undefined {
  const hosts: string[] = [];
  for (const each of itemsOf(of, 'hosts')) {
    const host = (textOf(each) ?? '').toLowerCase();
    if (host.endsWith('*') || host.includes(':')) {
      refuse(each.origin, 'a host is a name, or *. and a name, without a port');
      return undefined;
    }
    hosts.push(host);
  }
  return hosts;
}

/** Values are alternatives, in any case; with `~*` a regular expression. */
function headersOf(of: Sourced, refuse: Refuse): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {};
  for (const [name, values] of entriesOf(givenOf(of, 'headers'))) {
    const texts = textsOf(values).map((text) => (text.startsWith('~*') ? text.slice(2) : `^${quoted(text)}$`));
    const { text, fault = 'has no value' } = keepExpression(texts.map((each) => `(?:${each})`).join('|'), {
      ignoresCase: true,
    });
    if (text === undefined || texts.length === 0) {
      refuse(values.origin, fault);
      return undefined;
    }
    headers[name.toLowerCase()] = texts.length === 1 ? text.replace(/^\(\?i\)\(\?:(.*)\)$/s, '(?i)$1') : text;
  }
  return headers;
}

const STREAMS = ['tcp', 'tls', 'udp', 'tls_passthrough'];

function readProtocols(of: Sourced, { outline }: KongWorld): void {
  const { findings, root } = outline;
  const given = givenOf(of, 'protocols');
  if (given === undefined) return;
  const protocols = textsOf(given);
  if (protocols.some((each) => STREAMS.includes(each)))
    findings.refuse(given.origin, 'forwards connections, not requests: there is no such thing here');
  else if (protocols.some((each) => each === 'ws' || each === 'wss'))
    findings.refuse(given.origin, 'WebSockets pass on routes of http; their messages are not looked at');
  else if (!protocols.includes('http') && !protocols.includes('grpc'))
    findings.refuse(
      given.origin,
      'only over TLS: with tls.certificates, the plain port redirects to https, for hosts that have one',
    );
  if (protocols.includes('grpc')) root.set(['server', 'http2', 'h2c'], true, given.origin);
}
