import { checkAcme } from './check/check-acme.ts';
import {
  checkCertificates,
  NO_CERTIFICATES,
  unreadCertificates,
  type CertificateFindings,
} from './check/check-certificates.ts';
import { checkDiscover } from './check/pool/check-discover.ts';
import { checkDns } from './check/check-dns.ts';
import { checkSources, unreadSourceFiles } from './check/pool/check-sources.ts';
import { checkFleet } from './check/check-fleet.ts';
import { checkHealthChecks } from './check/pool/check-health.ts';
import { checkClientAuth, unreadClientAuth } from './check/check-client-auth.ts';
import { checkLimits } from './check/check-limits.ts';
import { checkListeners } from './check/check-listeners.ts';
import { checkOwnAddress } from './check/check-own-address.ts';
import { checkPlugins } from './check/check-plugins.ts';
import { checkPools } from './check/pool/check-pools.ts';
import { checkRegistries, unreadRegistries } from './check/pool/check-registries.ts';
import { checkRedis, REDIS_SERVERS, unreadRedis } from './check/check-redis.ts';
import { checkRoutes, type ShownRoutes } from './check/route/check-routes.ts';
import { checkGeo, unreadGeoTable } from './check/route/check-geo.ts';
import { checkRouteFiles, unreadRouteFiles } from './check/route/route-files.ts';
import { checkShape } from './check/check-shape.ts';
import { checkSizes } from './check/check-sizes.ts';
import { locate, placesUnder, type ConfigDocument, type Position } from './file/document.ts';
import { checkScale } from './check/pool/check-scale.ts';
import { checkWeights } from './check/pool/check-weights.ts';
import { checkTelemetry } from './telemetry/check-telemetry.ts';
import type { Draft } from './check/draft.ts';
import { checkTls, unreadFiles } from './check/check-tls.ts';
import { checkTokens } from './check/check-tokens.ts';
import { foundDefaults } from './found/found-defaults.ts';
import { fillDefaults } from './schema/fill-defaults.ts';
import { fillVariables } from './file/fill-variables.ts';
import { evaluatedDocument } from './file/evaluated-document.ts';
import type { Content } from './file/config-reader.ts';
import { givenYaml } from './file/given-yaml.ts';
import type { PluginOptions } from './code/plugin-options.ts';
import { applyFlags, type Flags } from './flags.ts';
import type { GeoTableContent } from '../geo/geo-table.ts';
import { TableFiles } from '../geo/table-files.ts';
import { inheritRouteDefaults, inheritShared } from './inherit.ts';
import type { Environment } from './file/read-variable.ts';
import { isRecord, removeAt, type Path } from './file/path.ts';
import type { ReadPairs } from '../certificates/read-pair.ts';
import { PemFiles } from '../certificates/pem-files.ts';
import { bounded, ConfigError, MAX_PROBLEMS, type ConfigProblem, type Finding, type Warning } from './file/problem.ts';
import { readDocument, type ReadResult } from './file/read-document.ts';
import { mayUseAs, referenceAt, referencesIn, showFrom, shownRouteName, type References } from './file/references.ts';
import { ConfigSchema, type ConfigFile } from './schema/schema.ts';
import type { Settings } from './settings.ts';
import { toSettings } from './to-settings.ts';
import { clientHostWarningsByFiles } from './check/warn-client-auth.ts';

export type { Flags } from './flags.ts';
export { ConfigError } from './file/problem.ts';

export interface LoadInput {
  /** As the user named it; undefined: SLUICE_CONFIG, else ./sluice.yaml or ./sluice.config.ts if one exists. */
  readonly file?: string;
  /** Working directory: relative names start here. */
  readonly cwd: string;
  readonly env: Environment;
  readonly flags: Flags;
}

/** Without a file: flags and environment only. Throws ConfigError. */
export function loadFlags({ flags }: LoadInput, around: LoadContext): LoadedHere {
  if (flags.backends === undefined || flags.backends.length === 0) throw new ConfigError([NO_CONFIGURATION]);
  return loadWithReferences('', 'command line', around);
}

/**
 * Checks the text of a file, then environment and flags; only the certificates it names are read from the disk. Either
 * all of it is valid, or a {@link ConfigError} reports everything that is wrong.
 * @param fileName used in errors; if it ends in `.json` the text is strict JSON, otherwise YAML.
 */
export function loadText(
  text: string,
  fileName: string,
  env: Environment,
  flags: Flags,
  cwd: string = process.cwd(),
): Settings {
  return loadWithReferences(text, fileName, { env, flags, cwd }).settings;
}

export interface Loaded {
  readonly settings: Settings;
  readonly references: References;
  /** About certificates for clients, and about certificates and keys that were not opened. */
  readonly fileWarnings: readonly Warning[];
  /** What the file says, as {@link givenYaml} shows it; null: not asked for. */
  readonly yaml: string | null;
  /** By JSON pointer: where the file has what it says about plugins, whose code is read after it. */
  readonly pluginPlaces: ReadonlyMap<string, Position>;
  /** By name of the plugin: what its schema says. Empty: their code was not read yet. */
  readonly pluginOptions: ReadonlyMap<string, PluginOptions>;
}

export interface LoadContext {
  readonly env: Environment;
  readonly flags: Flags;
  /** Base of relative paths of certificates. */
  readonly cwd: string;
  /** Of the current file, for a text sent to the API: it may use no other variables. */
  readonly current?: References;
  /** The only certificates and keys that may be opened, for a text from someone who may not know which files exist. */
  readonly onlyFiles?: readonly string[];
  /** Table of locations of an earlier configuration: it is not parsed again. */
  readonly knownTable?: GeoTableContent | null;
  /** Nothing in it refers to variables: `${NAME}` is text. */
  readonly isLiteral?: boolean;
  /** Also show it as YAML. */
  readonly wantsYaml?: boolean;
}

/** With what cannot be sent to another thread. */
export interface LoadedHere extends Loaded {
  /** Certificates for clients, with their keys: for those who serve them only. */
  readonly pairs: ReadPairs;
}

/** {@link loadText}, and where the environment was substituted. */
export function loadWithReferences(text: string, fileName: string, around: LoadContext): LoadedHere {
  return loadDocument(readDocument(text, fileName), around);
}

/** The same for values that were not parsed from a text: its problems have no lines. */
export function loadContent(content: Content, fileName: string, around: LoadContext): LoadedHere {
  if ('text' in content) return loadWithReferences(content.text, fileName, around);
  const document = evaluatedDocument(content.value, fileName);
  return loadDocument({ document, problems: [], isReadable: true }, around);
}

/** The same for a document that was read already. */
export function loadDocument({ document, problems, isReadable }: ReadResult, around: LoadContext): LoadedHere {
  const { env, flags, cwd, current, onlyFiles, wantsYaml = false, knownTable = null, isLiteral = false } = around;
  if (!isReadable) throw new ConfigError(bounded(problems));
  const oversized = checkSizes(document.root).map((each) => locate(document, each));
  if (oversized.length > 0) throw new ConfigError(bounded([...problems, ...oversized]));
  const mayUse = current === undefined ? undefined : mayUseAs(current, ConfigSchema);
  const unfilled = isLiteral ? [] : fillVariables(document, ConfigSchema, env, mayUse);
  // A variable of the environment may replace a value that could not be filled in.
  const unfilledAt = unfilled.map((each) => locate(document, each));
  const refused = applyFlags(document, ConfigSchema, flags, env);
  const files = new PemFiles(cwd, onlyFiles);
  const tables = new TableFiles(files, knownTable);
  const { file, findings, certificates } = check(document, unfilled, files, tables);
  const all = tidy([...problems, ...unfilledAt, ...[...refused, ...findings].map((each) => locate(document, each))]);
  if (all.length > 0) throw new ConfigError(bounded(all));
  const found = foundDefaults(document.root, file as ConfigFile);
  const settings = toSettings(file as ConfigFile, files, tables, found);
  return {
    settings,
    pairs: certificates.pairs,
    references: referencesIn(document, ConfigSchema, settings),
    yaml: wantsYaml ? givenYaml(document, ConfigSchema) : null,
    pluginPlaces: placesUnder(document, ['plugins']),
    pluginOptions: new Map(),
    fileWarnings: [
      ...certificates.warnings,
      ...clientHostWarningsByFiles(settings.tls, certificates.pairs),
      ...unreadFiles(file as ConfigFile, files, showFrom(document)),
      ...unreadCertificates(file as ConfigFile, files, showFrom(document)),
      ...unreadClientAuth(file as ConfigFile, files, showFrom(document)),
      ...unreadRedis(file as ConfigFile, files, showFrom(document)),
      ...unreadSourceFiles(file as ConfigFile, files, showFrom(document)),
      ...unreadRegistries(file as ConfigFile, files, showFrom(document)),
      ...unreadRouteFiles(file as ConfigFile, files, showFrom(document)),
      ...unreadGeoTable(file as ConfigFile, tables, showFrom(document)),
    ],
  };
}

/**
 * The file with its defaults, and what is wrong with it; complete if nothing is. `unfilled`: values that are not known.
 */
function check(
  document: ConfigDocument,
  unfilled: readonly Finding[],
  files: PemFiles,
  tables: TableFiles,
): { file: unknown; findings: readonly Finding[]; certificates: CertificateFindings } {
  const filled = structuredClone(document.root);
  inheritShared(filled);
  inheritRouteDefaults(filled);
  const file = fillDefaults(ConfigSchema, filled);
  const poolNames = isRecord(document.root.pools) ? Object.keys(document.root.pools) : undefined;
  const shape = checkShape(ConfigSchema, file, document);
  for (const { path } of [...unfilled, ...shape]) removeAt(file, path);
  // Checks between keys are skipped while single keys have this many errors.
  if (shape.length > MAX_PROBLEMS) return { file, findings: shape, certificates: NO_CERTIFICATES };
  const draft = file as Draft<ConfigFile>;
  const show = showFrom(document);
  const certificates = checkCertificates(draft, files, show);
  const { redis } = document.root;
  const isFaulty = (under: Path): boolean =>
    [...unfilled, ...shape].some(({ path }) => under.every((key, at) => key === path[at]));
  const writtenRoute = (at: number): unknown => (filled.routes as readonly unknown[])[at];
  const shownRoutes: ShownRoutes = {
    isGivenOfTokens: (at, key) => Object.hasOwn(sectionOf(sectionOf(writtenRoute(at), 'auth'), 'jwt'), key),
    isGivenOfCost: (at, key) => Object.hasOwn(sectionOf(writtenRoute(at), 'cost_from'), key),
    isGiven: (at, key) => Object.hasOwn(writtenRoute(at) ?? {}, key),
    reference: (path) => referenceAt(document, path),
    nameOf: (at) => shownRouteName(document, writtenRoute(at), at),
  };
  // `${REDIS_URL:-}` without a value: the key is gone.
  const isOffByVariable =
    referenceAt(document, ['redis', 'url']) !== undefined &&
    isRecord(redis) &&
    REDIS_SERVERS.every((key) => !Object.hasOwn(redis, key));
  return {
    file,
    certificates,
    findings: [
      ...shape,
      ...checkListeners(draft, show),
      ...checkTokens(draft),
      ...checkTls(draft, files, show),
      ...certificates.findings,
      ...checkClientAuth(draft, files, show),
      ...checkAcme(draft, files, show),
      ...checkRedis(draft, isRecord(redis) && !isOffByVariable ? Object.keys(redis) : undefined, files, show),
      ...checkLimits(draft, show),
      ...checkPools(draft, poolNames, show),
      ...checkDiscover(draft, document.root, show),
      ...checkRegistries(draft, files, show),
      ...checkOwnAddress(draft, show),
      ...checkHealthChecks(draft),
      ...checkFleet(draft),
      ...checkDns(draft, show),
      ...checkSources(draft, files, show),
      ...checkWeights(draft),
      ...checkScale(draft, isFaulty, show),
      ...checkTelemetry(draft),
      ...checkPlugins(draft, shownRoutes.reference),
      ...checkRoutes(draft, poolNames, shownRoutes),
      ...checkRouteFiles(draft, files, show),
      ...checkGeo(draft, tables, isFaulty, show),
    ],
  };
}

function sectionOf(value: unknown, key: string): Record<string, unknown> {
  const section = isRecord(value) ? value[key] : undefined;
  return isRecord(section) ? section : {};
}

/** In the order of the file, each reported once: a mistake in a shared section is found again in every pool. */
function tidy(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map<string, ConfigProblem>();
  for (const problem of problems) {
    const key = `${problem.source} ${problem.line} ${problem.column} ${problem.path}`;
    if (!once.has(key)) once.set(key, problem);
  }
  const order = ({ line, column }: ConfigProblem): number => (line ?? 1e6) * 1e6 + (column ?? 0);
  return [...once.values()].sort((one, other) => order(one) - order(other));
}

const NO_CONFIGURATION: ConfigProblem = {
  source: 'sluice',
  line: null,
  column: null,
  path: '',
  message:
    'no configuration: neither ./sluice.yaml nor ./sluice.config.ts exists; pass a file with --config FILE, create ' +
    'one with `sluice init`, or give --backend http://127.0.0.1:8081 for a gateway without a file',
};
