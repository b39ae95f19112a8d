/** Reads a configuration of HAProxy. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { ANY } from '../matching/rule.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import { knownDirectives } from '../outline/directive-table.ts';
import { GatewayOutline, keepAsBefore, onlyRouteLimits } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { respondAction } from '../outline/redirect-target.ts';
import { timeText } from '../outline/times.ts';
import { matchesOf, readAcls } from './haproxy-conditions.ts';
import { HAPROXY_TABLE } from './haproxy-table.ts';
import { readBinds } from './haproxy-binds.ts';
import { lineOf, poolOf, type Section } from './haproxy-pools.ts';
import { applyChanges, conditioned, type Draft, readRules, type RuleSet, windowOf } from './haproxy-rules.ts';
import { type HaproxyLine, type HaproxySection, parseHaproxy } from './haproxy-syntax.ts';
import { haproxyMs } from './haproxy-values.ts';

const KNOWN = knownDirectives(HAPROXY_TABLE);
/** Options that change nothing here. */
const OPTIONS =
  'httplog dontlognull http-server-close httpclose forceclose http-keep-alive redispatch log-health-checks log-separate-errors dontlog-normal logasap contstats tcplog splice-auto splice-request splice-response tcp-smart-accept tcp-smart-connect tcpka clitcpka srvtcpka http-ignore-probes http-buffer-request prefer-last-server abortonclose allbackups checkcache http-no-delay http-pretend-keepalive http-use-htx accept-unsafe-violations-in-http-request nolinger socket-stats independent-streams originalto idle-close-on-response h1-case-adjust-bogus-client'.split(
    ' ',
  );

/** Throws an ImportFailure if it cannot be parsed. */
export function importHaproxy(main: NamedText): GatewayOutline {
  const outline = new GatewayOutline();
  const parsed = parseHaproxy(main);
  report(parsed, outline);
  const sections = withDefaults(parsed);
  const backends = new Map(
    sections.filter(({ kind }) => kind === 'backend' || kind === 'listen').map((each) => [each.title, each]),
  );
  const fronts = sections.filter(
    (each) =>
      (each.kind === 'frontend' || each.kind === 'listen') && !isStatistics(each, outline) && isHttp(each, outline),
  );
  readGlobal(parsed, fronts, outline);
  const drafts: Draft[] = [];
  let served: Section | undefined;
  for (const front of fronts) {
    const state = { front, backends, outline, isOnly: fronts.length === 1 };
    const rules = rulesOf(front, state);
    if (rules.tlsRedirect !== undefined) {
      outline.root.set(['tls', 'redirect'], rules.tlsRedirect.status === 308 ? 308 : 301, rules.tlsRedirect.origin);
    }
    const own = [...rules.answers, ...routesOf(state, rules)];
    const isOnlyRedirect = rules.tlsRedirect !== undefined && own.length === 0;
    if (isOnlyRedirect) continue;
    if (served !== undefined) {
      outline.findings.refuse(
        front,
        `"${front.title}": routes are the same on all ports here, and "${served.title}" has some already`,
      );
      continue;
    }
    served = front;
    drafts.push(...own);
    if (lineOf(front, 'default_backend') === undefined && front.kind === 'frontend')
      drafts.push({ match: ANY, action: respondAction(503, undefined, front, 'no default_backend'), origin: front });
  }
  for (const draft of drafts) outline.addRule(draft);
  readBinds(fronts, drafts, outline);
  if (outline.root.get('tls') !== undefined && outline.root.get('tls', 'redirect') === undefined)
    outline.root.set(
      ['tls', 'redirect'],
      fronts.some((each) => each.own.some(({ name, args }) => name === 'bind' && !args.includes('ssl'))) ? 'off' : 308,
      undefined,
      'for clients that come without TLS',
    );
  if (outline.root.get('tls', 'certificates') === undefined) outline.root.delete('tls');
  const hasOwn = outline.root.get('rate_limit') !== undefined;
  const hasLimits = hasOwn || outline.rules.some(({ action }) => action.get('rate_limit') !== undefined);
  if (hasLimits && !hasOwn) onlyRouteLimits(outline.root, undefined);
  keepAsBefore(outline.root, { limits: hasLimits });
  return outline;
}

interface FrontState {
  readonly front: Section;
  readonly backends: ReadonlyMap<string, Section>;
  readonly outline: GatewayOutline;
  readonly isOnly: boolean;
}

function rulesOf(section: Section, { outline, isOnly, front }: FrontState): RuleSet {
  const acls = readAcls(section.own);
  const limitAll = (line: HaproxyLine, above: number): Part | undefined => {
    const table = [section, front].map((each) => lineOf(each, 'stick-table')).find((each) => each !== undefined);
    const track = section.own.find(
      (each) =>
        ['http-request', 'tcp-request'].includes(each.name) && each.args.some((word) => word.startsWith('track-sc')),
    );
    const at = track?.args.findIndex((word) => word.startsWith('track-sc')) ?? 0;
    const limit = windowOf(
      table,
      track === undefined ? undefined : { ...track, args: track.args.slice(at) },
      above,
      line,
      outline,
    );
    const isOfAll = line.args.filter((word) => word === '{').length === 1 || !line.args.includes('{');
    if (limit === undefined || limit.get('key') !== undefined || !isOnly || section !== front || !isOfAll) return limit;
    // One window for each client on all routes, as the table has it.
    outline.root.set(['rate_limit', 'algorithm'], 'sliding-window', line);
    outline.root
      .set(['rate_limit', 'window', 'limit'], above, line)
      .set(['rate_limit', 'window', 'size'], limit.get('size')!, table);
    return undefined;
  };
  return readRules(section, acls, outline, limitAll);
}

function routesOf(state: FrontState, rules: RuleSet): readonly Draft[] {
  const { front, outline } = state;
  const acls = readAcls(front.own);
  const chosen: Draft[] = [];
  for (const line of front.lines) {
    if (line.name !== 'use_backend') continue;
    try {
      const { words, condition } = conditioned(line.args, acls);
      for (const literals of condition ?? [[]])
        for (const match of matchesOf(literals))
          chosen.push({ match, action: new Part().set('pool', words[0] ?? '', line), origin: line });
    } catch (error) {
      if (!(error instanceof InexpressibleMatch)) throw error;
      outline.findings.refuse(line, error.message);
    }
  }
  const fallback = lineOf(front, 'default_backend');
  if (fallback !== undefined)
    chosen.push({ match: ANY, action: new Part().set('pool', fallback.args[0] ?? '', fallback), origin: fallback });
  else if (front.kind === 'listen')
    chosen.push({ match: ANY, action: new Part().set('pool', front.title, front), origin: front });
  return changed(
    chosen.flatMap((draft) => ofBackend(draft, state)),
    rules,
    state,
  );
}

function changed(drafts: readonly Draft[], rules: RuleSet, { outline, front }: FrontState): readonly Draft[] {
  try {
    return applyChanges(drafts, rules);
  } catch (error) {
    if (!(error instanceof InexpressibleMatch)) throw error;
    outline.findings.refuse(front, error.message);
    return drafts;
  }
}

/** A route to a backend, with the rules of that. */
function ofBackend(draft: Draft, state: FrontState): readonly Draft[] {
  const { backends, outline, front } = state;
  const name = draft.action.get('pool') as string;
  const section = backends.get(name);
  if (section === undefined) {
    outline.findings.refuse(
      draft.origin,
      name.includes('%') ? `"${name}": the name of a backend is fixed here` : `there is no backend "${name}"`,
    );
    return [];
  }
  const action = new Part();
  const redirects = section.own.some(({ name: each }) => each === 'server');
  const pool = redirects ? poolOf(section, outline.findings) : undefined;
  if (pool !== undefined) action.set('pool', outline.addPool(name, pool), draft.origin);
  const tunnel = lineOf(section, 'timeout', 'tunnel');
  const ms = haproxyMs(tunnel?.args[1] ?? '');
  if (tunnel !== undefined && ms !== undefined)
    action.set('upgrade_idle_timeout', timeText(ms, tunnel, outline.findings), tunnel);
  readCompression(section, action);
  readCompression(front, action);
  const rules = section === front ? undefined : rulesOf(section, state);
  const answers = (rules?.answers ?? []).flatMap((each) =>
    allOf([draft.match], [each.match]).map((match) => ({ ...each, match })),
  );
  if (pool === undefined) {
    if (answers.length > 0) return answers;
    if (redirects) return [];
    outline.findings.note(section, `"${name}" has no servers: its requests are answered 503, as there`);
    return [{ ...draft, action: respondAction(503, undefined, section) }];
  }
  const own = rules === undefined ? [{ ...draft, action }] : changed([{ ...draft, action }], rules, state);
  return [...answers, ...own];
}

function readCompression(section: Section, action: Part): void {
  const algorithm = lineOf(section, 'compression', 'algo');
  if (algorithm === undefined) return;
  action.set(['compression', 'encodings'], ['gzip'], algorithm);
  const types = lineOf(section, 'compression', 'type');
  if (types !== undefined)
    action.set(['compression', 'types'], [...new Set(types.args.slice(1).map((type) => type.toLowerCase()))], types);
}

function isStatistics(section: Section, { findings }: GatewayOutline): boolean {
  const stats = section.own.find(({ name }) => name === 'stats');
  if (stats === undefined) return false;
  findings.lose(stats, 'the dashboard and the metrics are on the admin port');
  return section.own.every(({ name }) => name !== 'server' && name !== 'default_backend' && name !== 'use_backend');
}

function isHttp(section: Section, { findings }: GatewayOutline): boolean {
  const mode = lineOf(section, 'mode');
  if (mode?.args[0] !== 'tcp' && mode !== undefined) return true;
  findings.refuse(
    mode ?? section,
    `"${section.title}" forwards connections, not requests: only mode http has a counterpart`,
  );
  return false;
}

/** Each section with the lines of the `defaults` before it. */
function withDefaults(sections: readonly HaproxySection[]): readonly Section[] {
  let defaults: readonly HaproxyLine[] = [];
  return sections.map((each) => {
    if (each.kind === 'defaults') defaults = each.lines;
    return { ...each, own: each.lines, lines: [...defaults, ...each.lines] };
  });
}

function report(sections: readonly HaproxySection[], { findings }: GatewayOutline): void {
  for (const section of sections) {
    KNOWN.report(section, findings);
    if (KNOWN.fateOf(section.kind) !== 'translated') continue;
    if (section.kind === 'userlist') continue;
    for (const line of section.lines) {
      if (line.name.startsWith('no ') || line.name.startsWith('tune.')) continue;
      KNOWN.report(line, findings);
      const [what = ''] = line.args;
      if (line.name === 'errorfile') findings.lose(line, 'set error_pages of the routes');
      else if (line.name === 'capture') findings.lose(line, 'captures are for logs: the access log has its own fields');
      else if (line.name === 'use-server') findings.refuse(line, 'a server is chosen by the pool alone');
      else if (line.name === 'option' && what === 'forwardfor' && line.args.includes('header'))
        findings.refuse(line, 'the address is sent in X-Forwarded-For: set request_headers for another field');
      else if (line.name === 'option' && !['httpchk', 'forwardfor', 'tcp-check', ...OPTIONS].includes(what))
        findings.lose(line, `${what}: unknown here`);
    }
  }
}

function readGlobal(
  parsed: readonly HaproxySection[],
  fronts: readonly Section[],
  { root, findings }: GatewayOutline,
): void {
  const global = parsed.filter(({ kind }) => kind === 'global').flatMap(({ lines }) => lines);
  const last = (name: string): HaproxyLine | undefined => global.findLast((each) => each.name === name);
  const most = last('maxconn');
  if (most !== undefined) root.set(['server', 'max_connections'], Number(most.args[0]), most);
  const threads = last('nbthread');
  if (threads !== undefined) root.set(['server', 'threads'], Number(threads.args[0]), threads);
  if (last('ssl-default-bind-options')?.args.join(' ').includes('TLSv1.3') === true)
    root.set(['tls', 'min_version'], 'TLSv1.3', last('ssl-default-bind-options'));
  root.set(['route_defaults', 'timeout'], '0s', undefined, 'as HAProxy: timeouts alone decide');
  for (const [name, key] of [
    ['http-request', 'head_timeout'],
    ['http-keep-alive', 'keep_alive'],
    ['client', 'write_timeout'],
  ] as const) {
    const line = fronts.map((each) => lineOf(each, 'timeout', name)).find((each) => each !== undefined);
    const ms = haproxyMs(line?.args[1] ?? '');
    if (line !== undefined && ms !== undefined && ms > 0) root.set(['server', key], timeText(ms, line, findings), line);
  }
}
