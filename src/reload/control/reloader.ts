/** Reads the configuration again, or writes it, and applies it, one change after the other; an invalid one changes nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { compareSettings } from '../../config/compare.ts';
import { contentFilesOf } from '../../config/content-files.ts';
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
import { editorSchema } from '../../config/editor/editor-schema.ts';
import type { Json } from '../../config/editor/json-schema.ts';
import { type FieldProblem, GatewayError } from '../../errors.ts';
import { fileFailure } from '../../runtime/create-file.ts';
import type { OverlayEntry } from '../../backends/backend-control.ts';
import type {
  CheckReport,
  ConfigurationDifference,
  ConfigurationReport,
  ConfiguredPlugin,
  ReloadReport,
} from '../configuration.ts';
import { configuredPlugins } from './configured-plugins.ts';
import { shownChanges } from './shown-changes.ts';

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
  /** After each reload that was not refused, whether or not it changed anything. */
  readonly onAccepted?: (accepted: AcceptedText) => void;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export interface AcceptedText {
  /** Of the file; null: there is none, or it is code. */
  readonly text: string | null;
  /** What began it, for the log; a VersionOrigin if it has one. */
  readonly trigger: string;
  /** Name of the operator's token. */
  readonly by: string | null;
  readonly report: ReloadReport;
}

const NO_SOURCE = 'The configuration came from no file';

export class Reloader {
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
  /** The same, by key. */
  #lastProblems: readonly FieldProblem[] = [];
  /** What the plugins of the current file say of their options. */
  #pluginOptions: Loaded['pluginOptions'];

  constructor(ports: ReloaderPorts) {
    this.#ports = ports;
    this.#appliedAt = ports.wallMs();
    this.#references = ports.source?.references ?? NO_REFERENCES;
    this.#yaml = ports.source?.yaml ?? null;
    this.#pluginOptions = ports.source?.pluginOptions ?? new Map();
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

  plugins(): readonly ConfiguredPlugin[] {
    return configuredPlugins({
      settings: this.#ports.current(),
      about: this.#pluginOptions,
      references: this.#references,
      problems: this.#lastProblems,
    });
  }

  schema(): Json {
    return editorSchema(new Map([...this.#pluginOptions].map(([name, { schema }]) => [name, schema])));
  }

  /**
   * Starts when the running change has ended; callers that arrive while one waits get its result, because it has yet to
   * read the file.
   */
  reload(trigger = 'api', by: string | null = null): Promise<ReloadReport> {
    this.#waiting ??= this.exclusively(() => {
      this.#waiting = null;
      return this.reloadNow(trigger, by);
    });
    return this.#waiting;
  }

  /** Runs a change when all earlier ones have ended. */
  exclusively<T>(change: () => Promise<T>): Promise<T> {
    const next = this.#last.then(change);
    this.#last = next.catch(() => {});
    return next;
  }

  check(text?: string): Promise<CheckReport> {
    return this.#checked(async () => {
      const wanted = await this.#load((source) =>
        text === undefined
          ? source.tryAgain()
          : source.readText(text, this.#references, filesOf(this.#ports.current())),
      );
      const warnings = [...warningsOf(wanted.settings, this.#ports.wallMs(), openFileLimit()), ...wanted.fileWarnings];
      return { ...this.#differenceTo(wanted), warnings };
    });
  }

  /** What a text meant that was in the file before. Rejects with GW_VALIDATION if that is invalid now. */
  readEarlier(text: string): Promise<Pick<Loaded, 'settings' | 'references'>> {
    return this.#checked(() => this.#load((source) => source.readEarlier(text)));
  }

  #checked<T>(check: () => Promise<T>): Promise<T> {
    const next = this.#checking.then(check);
    this.#checking = next.catch(() => {});
    return next;
  }

  /**
   * Within {@link exclusively}: writes the text into the file, and reads it.
   *
   * @param isEarlier it was in the file before, so it may use what it used then.
   */
  async replaceNow(text: string, trigger: string, by: string | null, isEarlier = false): Promise<ReloadReport> {
    const { source } = this.#ports;
    const before = source?.peek() ?? null;
    await this.#write(text, isEarlier);
    try {
      return await this.reloadNow(trigger, by);
    } catch (error) {
      // It is valid, but cannot be applied: a restart must not fail because of it.
      if (before !== null) await source!.write(before, null).catch(() => {});
      throw error;
    }
  }

  /** Within {@link exclusively}. */
  async reloadNow(trigger: string, by: string | null): Promise<ReloadReport> {
    const { log, fileSettings, apply, version, wallMs } = this.#ports;
    try {
      const wanted = await this.#load((source) => source.readAgain());
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
      this.#pluginOptions = wanted.pluginOptions;
      this.#restartRequired = difference.restartRequired;
      this.#lastError = null;
      this.#lastProblems = [];
      const result = isChanged ? 'applied' : 'unchanged';
      const { changes, restartRequired } = difference;
      log.info({ trigger, result, version: version(), changes, restart_required: restartRequired }, 'reload');
      if (isChanged) this.#ports.onReload?.({ result: 'applied', message: describeChanges(version(), changes) });
      const report: ReloadReport = { result, version: version(), ...difference };
      this.#ports.onAccepted?.({ text: wanted.text, trigger, by, report });
      return report;
    } catch (error) {
      const details = error instanceof GatewayError ? error.details : undefined;
      const problems = details?.map(({ message }) => message);
      this.#lastProblems = details ?? [];
      this.#lastError = problems?.join('\n') ?? (error as Error).message;
      const count = problems?.length ?? 0;
      const message = count > 1 ? `${problems![0]!} (and ${count - 1} more)` : this.#lastError;
      this.#ports.onReload?.({ result: 'refused', message: `reload refused: ${message}` });
      log.error({ trigger, problems, ...(problems === undefined ? { err: error } : {}) }, 'reload refused');
      throw error;
    }
  }

  async #write(text: string, isEarlier: boolean): Promise<void> {
    const { source } = this.#ports;
    if (source === null || source.readOnly !== null) {
      throw new GatewayError('GW_CONFIG_NOT_WRITABLE', { message: source?.readOnly ?? NO_SOURCE });
    }
    try {
      await source.write(text, isEarlier ? null : this.#references);
    } catch (error) {
      if (error instanceof ConfigError || error instanceof LoadTooCostly) throw refusal(error);
      throw new GatewayError('GW_CONFIG_NOT_WRITABLE', {
        message: `The file ${source.file} cannot be written: ${fileFailure(error)}; nothing was changed`,
        cause: error,
      });
    }
  }

  async #load<T extends Loaded>(read: (source: ConfigSource) => Promise<T>): Promise<T> {
    const { source, adapt, log } = this.#ports;
    if (source === null) throw new GatewayError('GW_BAD_REQUEST', { message: NO_SOURCE });
    try {
      const loaded = await read(source);
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
    const changes = shownChanges(compareSettings(before, settings), wanted.references, this.#references);
    return { changes, restartRequired };
  }
}

/** Certificates, keys, programs and files to answer with, by their names in the file. */
function filesOf(settings: Settings): readonly string[] {
  const { tls } = settings;
  const ofClients = (tls?.certificates ?? []).flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  const ofIssuers = Object.values(tls?.acme ?? {}).map(({ dnsHook }) => dnsHook);
  const watched = contentFilesOf(settings).map(({ name }) => name);
  return [...ofClients, ...ofIssuers, ...watched].filter((file) => file !== null);
}

/** More backends than the tables hold. */
function asRefusal(error: unknown): never {
  if (!(error instanceof RangeError)) throw error;
  throw new GatewayError('GW_VALIDATION', { message: error.message, cause: error });
}

function refusal(error: ConfigError | LoadTooCostly): GatewayError {
  if (error instanceof LoadTooCostly) {
    const message = `Validating the configuration was aborted: ${error.message}; the current one is kept`;
    return new GatewayError('GW_CONFIG_TOO_COSTLY', { message, cause: error });
  }
  return new GatewayError('GW_VALIDATION', {
    message: 'The configuration is invalid; the current one is kept',
    details: error.problems.map((problem) => ({
      field: problem.path || 'config',
      message: formatProblem(problem),
      ...(problem.line === null ? {} : { line: problem.line, column: problem.column ?? 1 }),
    })),
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
