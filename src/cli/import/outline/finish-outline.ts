/** Our file of an outline: judged by our own reader, which `sluice check` and a start use, too. */
import { ConfigError, loadWithReferences } from '../../../config/load.ts';
import type { ConfigProblem } from '../../../config/file/problem.ts';
import { ConfigSchema } from '../../../config/schema/schema.ts';
import { orderedRoutes } from '../matching/order-rules.ts';
import { ImportFailure } from '../old-file.ts';
import { findingLine, type ImportFinding } from './findings.ts';
import type { GatewayOutline } from './gateway-outline.ts';
import { originAt, Part, plain, type PartValue } from './part.ts';
import { writeOutline } from './write-outline.ts';

export interface FinishedOutline {
  readonly yaml: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly findings: readonly ImportFinding[];
}

export interface FinishOptions {
  /** As the user named the file. */
  readonly from: string;
  /** Directives that cannot be translated are left out. Otherwise one that matters refuses the file. */
  readonly dropsUnsupported: boolean;
  /** Where relative names of certificates start. */
  readonly cwd: string;
}

/** Throws an ImportFailure. */
export function finishOutline(
  outline: GatewayOutline,
  { from, dropsUnsupported, cwd }: FinishOptions,
): FinishedOutline {
  const { findings, root } = outline;
  const routes = orderedRoutes(outline.rules, findings);
  if (routes.length === 0) throw refusedOr(findings.refused, `${from}: nothing in it says where requests go`);
  const pools = usedPools(outline.pools, routes);
  if (pools.size === 0) throw refusedOr(findings.refused, 'nothing in it leads to a backend');
  root.set('pools', pools);
  root.set('routes', routes);
  clearAdminPort(root, pools);
  dropInvalid(outline, root, cwd);
  if (!dropsUnsupported && findings.refused.length > 0) throw refusedOr(findings.refused, '');
  const yaml = writeOutline(root, from, findings.all);
  const unread = problemsOf(yaml, cwd, true);
  for (const { path, message } of unread)
    findings.note(originAt(root, path.split('.')), `${path}: ${message}: \`sluice check\` will say so, too`);
  return {
    yaml: unread.length === 0 ? yaml : writeOutline(root, from, findings.all),
    config: plain(root) as Record<string, unknown>,
    findings: findings.all,
  };
}

/** Those that a route leads to. Ours refuses none that is not used, but it would be checked for nothing. */
function usedPools(pools: ReadonlyMap<string, Part>, routes: readonly Part[]): Part {
  const named = new Set<string>();
  const visit = (value: PartValue | undefined): void => {
    if (value instanceof Part) {
      const pool = value.get('pool');
      if (typeof pool === 'string') named.add(pool);
      for (const entry of value.entries.values()) visit(entry.value);
    } else if (Array.isArray(value)) for (const each of value as readonly PartValue[]) visit(each);
  };
  routes.forEach(visit);
  const used = new Part();
  const isUsed = (name: string): boolean => named.has(name);
  for (const [name, pool] of pools) if (isUsed(name)) visit(pool);
  for (const [name, pool] of pools) if (isUsed(name)) used.set(name, pool);
  return used;
}

/** The admin port has a default, which may be that of a backend or a port of the old file. */
function clearAdminPort(root: Part, pools: Part): void {
  const used = new Set<number>();
  for (const section of ['server', 'tls']) used.add(Number(root.get(section, 'port')));
  for (const { value } of pools.entries.values()) {
    const backends = value instanceof Part ? value.get('backends') : undefined;
    for (const backend of Array.isArray(backends) ? (backends as readonly Part[]) : []) {
      const url = backend.get('url');
      if (typeof url === 'string') used.add(Number(/:(\d+)(?:\/|$)/.exec(url)?.[1]));
    }
  }
  if (!used.has(ADMIN_PORT)) return;
  const free = [9001, 9002, 9003, 9004, 9005, 9091, 9191].find((port) => !used.has(port)) ?? 0;
  root.set(['admin', 'port'], free, undefined, `${ADMIN_PORT}, the default, is used by a backend or a listener`);
}

const ADMIN_PORT = ConfigSchema.properties.admin.properties.port.default as number;

/** What our reader refuses is removed and reported, until it accepts the rest. */
function dropInvalid(outline: GatewayOutline, root: Part, cwd: string): void {
  for (let round = 0; round < 1000; round += 1) {
    const problems = problemsOf(writeOutline(root, '', []), cwd, false);
    // The last first: removing an item of a list moves those after it.
    const problem = problems.at(-1);
    if (problem === undefined) return;
    const path = problem.path.split('.');
    outline.findings.refuse(originAt(root, path), `${problem.path}: ${problem.message}`);
    if (!removeFrom(root, wholeOf(path)))
      throw refusedOr(outline.findings.refused, `the result is invalid: ${problem.path}: ${problem.message}`);
    dropEmptyPools(root);
  }
}

/** Of a route, single header fields may go; without another part it would match or do something else. */
const SEPARABLE = ['request_headers', 'response_headers', 'compression', 'cache', 'error_pages', 'max_body_bytes'];

/** What has to go if this part is wrong. */
function wholeOf(path: readonly string[]): readonly string[] {
  const [section, , part = ''] = path;
  if (section === 'pools' && part === 'backends') return path.slice(0, 4);
  return section === 'routes' && !SEPARABLE.includes(part) ? path.slice(0, 2) : path;
}

/** A pool without backends goes, and so do the routes that lead to it. */
function dropEmptyPools(root: Part): void {
  const pools = root.get('pools');
  const routes = root.get('routes');
  if (!(pools instanceof Part) || !Array.isArray(routes)) return;
  for (const [name, { value }] of pools.entries) {
    const backends = value instanceof Part ? value.get('backends') : [];
    if (!Array.isArray(backends) || backends.length > 0) continue;
    pools.delete(name);
    root.set(
      'routes',
      (routes as readonly Part[]).filter((route) => route.get('pool') !== name),
    );
  }
}

/** @param opensFiles also judges the certificates and keys that it names */
function problemsOf(yaml: string, cwd: string, opensFiles: boolean): readonly ConfigProblem[] {
  try {
    const around = { env: {}, flags: {}, cwd };
    loadWithReferences(yaml, 'sluice.yaml', opensFiles ? around : { ...around, onlyFiles: [] });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The value at the path, or the mapping above it that would be incomplete without it. */
function removeFrom(root: Part, path: readonly string[]): boolean {
  // Keys may have dots in them: the longest that is there.
  let at: PartValue = root;
  const trail: { readonly parent: Part | PartValue[]; readonly key: string }[] = [];
  for (let index = 0; index < path.length;) {
    if (Array.isArray(at)) {
      trail.push({ parent: at as PartValue[], key: path[index]! });
      at = (at as readonly PartValue[])[Number(path[index]!)] ?? '';
      index += 1;
      continue;
    }
    if (!(at instanceof Part)) break;
    const part: Part = at;
    let end = path.length;
    while (end > index && part.get(path.slice(index, end).join('.')) === undefined) end -= 1;
    if (end === index) break;
    const key = path.slice(index, end).join('.');
    trail.push({ parent: part, key });
    at = part.get(key)!;
    index = end;
  }
  const last = trail.at(-1);
  if (last === undefined || (trail.length === 1 && ['routes', 'pools'].includes(last.key))) return false;
  if (last.parent instanceof Part) last.parent.delete(last.key);
  else last.parent.splice(Number(last.key), 1);
  return true;
}

const MAX_NAMED = 50;

function refusedOr(refused: readonly ImportFinding[], otherwise: string): ImportFailure {
  if (refused.length === 0) return new ImportFailure(otherwise);
  const lines = refused.slice(0, MAX_NAMED).map((each) => `  ${findingLine(each)}\n`);
  const more = refused.length > MAX_NAMED ? `  and ${refused.length - MAX_NAMED} more\n` : '';
  const [count, rest] =
    refused.length === 1
      ? ['1 directive', 'it out, with a warning']
      : [`${refused.length} directives`, 'them out, with a warning for each'];
  const why = otherwise === '' ? '' : `${otherwise}; `;
  return new ImportFailure(
    `${why}${count} cannot be translated, nothing is written:\n${lines.join('')}${more}--drop-unsupported leaves ${rest}`,
  );
}
