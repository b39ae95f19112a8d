/** The routes that providers list: which providers there are, what they answered, and what of it applies. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Fragment } from '../../../config/found/load-fragment.ts';
import type { FoundProblem } from '../../../config/found/merge-found.ts';
import type { Settings } from '../../../config/settings.ts';
import type { EventLog } from '../../../events/event-log.ts';
import { type DiscoveryState, ROUTE_PROVIDERS, type RouteProvider } from '../../core/discovery-vocabulary.ts';
import { boundRefused } from '../../read-entry.ts';
import { type CheckedFragments, FoundLayer } from './found-layer.ts';
import type { RouteAnswer, RouteSource } from './route-source.ts';

export interface FoundRoutesPorts {
  /** What a source is made of: with other parts, it is made again. Null: the provider is off. */
  readonly definitionOf: (provider: RouteProvider, settings: Settings) => unknown;
  readonly createSource: (
    provider: RouteProvider,
    settings: Settings,
    report: (answer: RouteAnswer) => void,
  ) => RouteSource;
  /** Another layer is to be applied. */
  readonly onChange: () => void;
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly events: EventLog;
}

export interface ProviderState {
  readonly provider: RouteProvider;
  readonly state: DiscoveryState;
  /** Names of its routes that apply. */
  readonly routes: readonly string[];
  readonly problems: readonly FoundProblem[];
  /** Since the last list, ms; null: none yet. */
  readonly ageMs: number | null;
  readonly lastError: string | null;
  /** Monotonic; null: it answers. */
  readonly failingSinceMs: number | null;
  readonly failures: number;
  readonly changes: number;
}

interface Provider {
  readonly definition: unknown;
  readonly source: RouteSource;
  list: Extract<RouteAnswer, { kind: 'list' }> | null;
  listedAtMs: number | null;
  lastError: string | null;
  failingSinceMs: number | null;
  failures: number;
  changes: number;
  routes: readonly string[];
  problems: readonly FoundProblem[];
}

export class FoundRoutes {
  readonly #ports: FoundRoutesPorts;
  readonly #providers = new Map<RouteProvider, Provider>();
  readonly #checked: CheckedFragments = new Map();
  #layer: FoundLayer;

  constructor(ports: FoundRoutesPorts) {
    this.#ports = ports;
    this.#layer = this.#newLayer();
  }

  /** Of what is known now. */
  get layer(): FoundLayer {
    return this.#layer;
  }

  get isOn(): boolean {
    return this.#providers.size > 0;
  }

  /** Of a new configuration. */
  use(settings: Settings): void {
    for (const name of ROUTE_PROVIDERS) {
      const definition = this.#ports.definitionOf(name, settings);
      const known = this.#providers.get(name);
      if (isDeepStrictEqual(known?.definition ?? null, definition)) continue;
      known?.source.stop();
      this.#providers.delete(name);
      if (definition !== null) this.#begin(name, definition, settings, known ?? null);
      else if (known?.list) this.#relayer();
    }
  }

  stop(): void {
    for (const { source } of this.#providers.values()) source.stop();
    this.#providers.clear();
  }

  /** Providers that have not listed anything yet. */
  waiting(): readonly RouteProvider[] {
    return [...this.#providers].flatMap(([name, { list }]) => (list === null ? [name] : []));
  }

  /** The layer applies over this file now. */
  applied(layer: FoundLayer, file: Settings): void {
    const { routes } = layer.extend(file);
    const problems = layer.problems(file);
    for (const [name, provider] of this.#providers) {
      const own = new Set((provider.list?.fragments ?? []).map(({ subject }) => subject));
      const now = routes.flatMap((route) => (route.name.endsWith(`@${name}`) ? [route.name] : []));
      this.#noteRoutes(name, provider, now);
      this.#noteProblems(name, provider, [
        ...(provider.list?.problems ?? []),
        ...problems.filter(({ subject }) => own.has(subject)),
      ]);
    }
  }

  report(): readonly ProviderState[] {
    return [...this.#providers].map(([provider, { listedAtMs, lastError, list, ...state }]) => ({
      provider,
      state: lastError !== null ? 'failing' : list !== null ? 'current' : 'starting',
      routes: state.routes,
      problems: state.problems,
      ageMs: listedAtMs === null ? null : this.#ports.nowMs() - listedAtMs,
      lastError,
      failingSinceMs: state.failingSinceMs,
      failures: state.failures,
      changes: state.changes,
    }));
  }

  /** @param before what is known stays until the new source has answered */
  #begin(name: RouteProvider, definition: unknown, settings: Settings, before: Provider | null): void {
    const report = (answer: RouteAnswer): void => {
      // What a source reports after it was stopped is ignored.
      if (this.#providers.get(name) === provider) this.#answered(name, provider, answer);
    };
    const source = this.#ports.createSource(name, settings, report);
    const provider: Provider = {
      list: null,
      listedAtMs: null,
      lastError: null,
      failingSinceMs: null,
      failures: 0,
      changes: 0,
      routes: [],
      problems: [],
      ...before,
      definition,
      source,
    };
    this.#providers.set(name, provider);
    source.start();
  }

  #answered(name: RouteProvider, provider: Provider, answer: RouteAnswer): void {
    const { nowMs, log } = this.#ports;
    if (answer.kind === 'failed') {
      provider.failures += 1;
      provider.failingSinceMs ??= nowMs();
      const isFirst = provider.lastError === null;
      provider.lastError = answer.reason;
      if (!isFirst) return;
      log.warn({ provider: name, reason: answer.reason }, 'discovery failed: its routes stay');
      this.#record(name, 'warn', `${name}: discovery fails, its routes stay: ${answer.reason}`);
      return;
    }
    if (provider.lastError !== null) {
      log.info({ provider: name }, 'discovery works again');
      this.#record(name, 'info', `${name}: discovery works again`);
    }
    const { list } = provider;
    Object.assign(provider, { list: answer, listedAtMs: nowMs(), lastError: null, failingSinceMs: null });
    if (!isDeepStrictEqual(list, answer)) this.#relayer();
  }

  #relayer(): void {
    this.#layer = this.#newLayer();
    const subjects = new Set(this.#fragments().map(({ subject }) => subject));
    for (const subject of this.#checked.keys()) if (!subjects.has(subject)) this.#checked.delete(subject);
    this.#ports.onChange();
  }

  #newLayer(): FoundLayer {
    return new FoundLayer(this.#fragments(), this.#checked, this.#ports.cwd);
  }

  #fragments(): readonly Fragment[] {
    return ROUTE_PROVIDERS.flatMap((name) => this.#providers.get(name)?.list?.fragments ?? []);
  }

  #noteRoutes(name: RouteProvider, provider: Provider, now: readonly string[]): void {
    const before = provider.routes;
    provider.routes = now;
    const added = now.filter((route) => !before.includes(route));
    const removed = before.filter((route) => !now.includes(route));
    if (added.length + removed.length === 0) return;
    provider.changes += 1;
    this.#ports.log.info({ provider: name, added, removed, routes: now.length }, 'routes changed');
    this.#record(name, 'info', `${name}: routes changed: +${added.length} −${removed.length}`);
  }

  #noteProblems(name: RouteProvider, provider: Provider, now: readonly FoundProblem[]): void {
    const known = new Set(provider.problems.map(textOf));
    provider.problems = now;
    const added = now.map(textOf).filter((text) => !known.has(text));
    if (added.length === 0) return;
    const refused = boundRefused(added);
    this.#ports.log.warn({ provider: name, refused }, 'parts of routes do not apply');
    this.#record(name, 'warn', `${name}: does not apply: ${refused.join('; ')}`);
  }

  #record(subject: string, severity: 'info' | 'warn', message: string): void {
    this.#ports.events.append({ kind: 'discovery', severity, subject, message });
  }
}

function textOf({ subject, message }: FoundProblem): string {
  return `${subject}: ${message}`;
}
