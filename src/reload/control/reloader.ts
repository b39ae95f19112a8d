/** Reads the configuration again and applies it, one reload after the other; an invalid one changes nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { compareSettings } from '../../config/compare.ts';
import { LoadTooCostly } from '../../config/load-in-worker.ts';
import type { Loaded } from '../../config/load.ts';
import { openFileLimit } from '../../config/open-files.ts';
import { ConfigError, formatProblem } from '../../config/file/problem.ts';
import { NO_REFERENCES, type References } from '../../config/file/references.ts';
import type { ConfigChange } from '../../config/compare.ts';
import { withoutRestart } from '../../config/restart.ts';
import type { Settings } from '../../config/settings.ts';
import type { ConfigSource } from '../../config/file/source.ts';
import { toFile } from '../../config/to-file.ts';
import { warningsOf } from '../../config/check/warnings.ts';
import { GatewayError } from '../../errors.ts';
import type { OverlayEntry } from '../../backends/backend-control.ts';
import type {
  CheckReport,
  Configuration,
  ConfigurationDifference,
  ConfigurationReport,
  ReloadReport,
} from '../configuration.ts';

export interface ReloaderPorts {
  /** Null: the source of the settings is unknown; they cannot be read again. */
  readonly source: ConfigSource | null;
  /** The settings last applied from the file (environment and flags included). */
  readonly fileSettings: () => Settings;
  /** Those, with the API's overrides. */
  readonly current: () => Settings;
  readonly overlay: () => readonly OverlayEntry[];
  /** Of the current snapshot. */
  readonly version: () => number;
  /** Adapts settings to this platform. */
  readonly adapt: (settings: Settings) => Settings;
  /** Resolves when they apply on every thread. Throws before anything has changed if they cannot. */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Logger;
  /** After each reload that changed something or was refused: the message for operators. */
  readonly onReload?: (outcome: { readonly result: 'applied' | 'refused'; readonly message: string }) => void;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

const NO_SOURCE = 'The configuration came from no file';

export class Reloader implements Configuration {
  readonly #ports: ReloaderPorts;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ReloadReport> | null = null;
  #appliedAt: number;
  /** Of the current file. */
  #references: References;
  /** What the current file means, if it is code. */
  #yaml: string | null;
  /** Ends when the last check has: one at a time, because each takes a thread. */
  #checking: Promise<unknown> = Promise.resolve();
  #restartRequired: readonly string[] = [];
  #lastError: string | null = null;

  constructor(ports: ReloaderPorts) {
    this.#ports = ports;
    this.#appliedAt = ports.wallMs();
    this.#references = ports.source?.references ?? NO_REFERENCES;
    this.#yaml = ports.source?.yaml ?? null;
  }

  /** The same without the settings: cheap enough for every scrape. */
  state(): { readonly appliedAt: number; readonly isLastReloadGood: boolean } {
    return { appliedAt: this.#appliedAt, isLastReloadGood: this.#lastError === null };
  }

  report(): ConfigurationReport {
    const { source, current, overlay, version } = this.#ports;
    return {
      version: version(),
      file: source?.file ?? null,
      readOnly: source === null ? NO_SOURCE : source.readOnly,
      yaml: this.#yaml,
      appliedAt: this.#appliedAt,
      restartRequired: this.#restartRequired,
      lastError: this.#lastError,
      overlay: overlay(),
      settings: toFile(current(), this.#references),
    };
  }

  /**
   * Starts when the running one has ended; callers that arrive while one waits get its result, because it has yet to
   * read the file.
   */
  reload(trigger = 'api'): Promise<ReloadReport> {
    this.#waiting ??= this.#enqueue(trigger);
    return this.#waiting;
  }

  check(text?: string): Promise<CheckReport> {
    const next = this.#checking.then(async () => {
      const wanted = await this.#read(text);
      const warnings = [...warningsOf(wanted.settings, this.#ports.wallMs(), openFileLimit()), ...wanted.fileWarnings];
      return { ...this.#differenceTo(wanted), warnings };
    });
    this.#checking = next.catch(() => {});
    return next;
  }

  replace(text: string): Promise<ReloadReport> {
    const next = this.#last.then(async () => {
      await this.#write(text);
      return this.#reload('api');
    });
    this.#last = next.catch(() => {});
    return next;
  }

  #enqueue(trigger: string): Promise<ReloadReport> {
    const next = this.#last.then(() => {
      this.#waiting = null;
      return this.#reload(trigger);
    });
    this.#last = next.catch(() => {});
    return next;
  }

  async #reload(trigger: string): Promise<ReloadReport> {
    const { log, fileSettings, apply, version, wallMs } = this.#ports;
    try {
      const wanted = await this.#read();
      const before = fileSettings();
      const { settings } = withoutRestart(before, wanted.settings);
      const difference = this.#differenceTo(wanted);
      const isChanged = !isDeepStrictEqual(settings, before);
      if (isChanged) {
        await apply(settings).catch(asRefusal);
        this.#appliedAt = wallMs();
      }
      this.#references = wanted.references;
      this.#yaml = wanted.yaml;
      this.#restartRequired = difference.restartRequired;
      this.#lastError = null;
      const result = isChanged ? 'applied' : 'unchanged';
      const { changes, restartRequired } = difference;
      log.info({ trigger, result, version: version(), changes, restart_required: restartRequired }, 'reload');
      if (isChanged) this.#ports.onReload?.({ result: 'applied', message: describeChanges(version(), changes) });
      return { result, version: version(), ...difference };
    } catch (error) {
      const problems = error instanceof GatewayError ? error.details?.map(({ message }) => message) : undefined;
      this.#lastError = problems?.join('\n') ?? (error as Error).message;
      const count = problems?.length ?? 0;
      const message = count > 1 ? `${problems![0]!} (and ${count - 1} more)` : this.#lastError;
      this.#ports.onReload?.({ result: 'refused', message: `reload refused: ${message}` });
      log.error({ trigger, problems, ...(problems === undefined ? { err: error } : {}) }, 'reload refused');
      throw error;
    }
  }

  async #write(text: string): Promise<void> {
    const { source } = this.#ports;
    if (source === null || source.readOnly !== null) {
      throw new GatewayError('GW_CONFIG_NOT_WRITABLE', { message: source?.readOnly ?? NO_SOURCE });
    }
    try {
      await source.write(text, this.#references);
    } catch (error) {
      if (error instanceof ConfigError || error instanceof LoadTooCostly) throw refusal(error);
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new GatewayError('GW_CONFIG_NOT_WRITABLE', {
        message: `The file ${source.file} cannot be written: ${reason}`,
        cause: error,
      });
    }
  }

  async #read(text?: string): Promise<Loaded> {
    const { source, adapt, log } = this.#ports;
    if (source === null) throw new GatewayError('GW_BAD_REQUEST', { message: NO_SOURCE });
    try {
      const loaded = await (text === undefined
        ? source.readAgain()
        : source.readText(text, this.#references, filesOf(this.#ports.current())));
      return { ...loaded, settings: adapt(loaded.settings) };
    } catch (error) {
      throw error instanceof ConfigError || error instanceof LoadTooCostly ? refusal(error) : error;
    } finally {
      const output = source.takeOutput();
      if (output.length > 0) log.info({ file: source.file, output }, 'output of the configuration');
    }
  }

  #differenceTo(wanted: Loaded): ConfigurationDifference {
    const before = this.#ports.fileSettings();
    const { settings, restartRequired } = withoutRestart(before, wanted.settings);
    const changes = compareSettings(before, settings).map((change) => ({
      ...change,
      name: shownName(change, wanted.references) ?? shownName(change, this.#references) ?? change.name,
    }));
    return { changes, restartRequired };
  }
}

/** Certificates, keys and programs, by their names in the file. */
function filesOf({ pools, tls }: Settings): readonly string[] {
  const ofPools = pools.flatMap(({ tls: { caFile, certFile, keyFile } }) => [caFile, certFile, keyFile]);
  const ofClients = (tls?.certificates ?? []).flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  const ofClientAuth = (tls?.clientAuth ?? []).flatMap(({ caFile, crlFile }) => [caFile, crlFile]);
  const ofIssuers = Object.values(tls?.acme ?? {}).flatMap(({ caFile, dnsHook }) => [caFile, dnsHook]);
  return [...ofPools, ...ofClients, ...ofClientAuth, ...ofIssuers].filter((file) => file !== null);
}

/** More backends than the tables hold. */
function asRefusal(error: unknown): never {
  if (!(error instanceof RangeError)) throw error;
  throw new GatewayError('GW_VALIDATION', { message: error.message, cause: error });
}

/** The name of a route or a backend with a variable in it. */
function shownName({ kind, name }: ConfigChange, { backends, routes }: References): string | undefined {
  return kind === 'backend' ? backends.get(name) : kind === 'route' ? routes.get(name) : undefined;
}

function refusal(error: ConfigError | LoadTooCostly): GatewayError {
  if (error instanceof LoadTooCostly) {
    const message = `Validating the configuration was aborted: ${error.message}; the current one is kept`;
    return new GatewayError('GW_CONFIG_TOO_COSTLY', { message, cause: error });
  }
  return new GatewayError('GW_VALIDATION', {
    message: 'The configuration is invalid; the current one is kept',
    details: error.problems.map((problem) => ({ field: problem.path || 'config', message: formatProblem(problem) })),
    cause: error,
  });
}

/** `reload applied, version 4: backend b1 (weight), route all and 3 more` */
function describeChanges(version: number, changes: readonly ConfigChange[]): string {
  const words = changes.slice(0, 5).map(({ kind, action, name, keys }) => {
    const what = action === 'changed' ? keys.join(', ') : action;
    return `${kind} ${name}${what === '' ? '' : ` (${what})`}`;
  });
  const more = changes.length > words.length ? ` and ${changes.length - words.length} more` : '';
  return `reload applied, version ${version}: ${words.join(', ')}${more}`;
}
