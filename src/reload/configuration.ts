/**
 * The configuration as operators see and change it while the gateway runs. src/reload/control/guarded-configuration.ts
 * implements it.
 */
import type { PluginOption } from '../config/code/plugin-options.ts';
import type { Json } from '../config/editor/json-schema.ts';
import type { OnPluginError } from '../plugin-kit/core/plugin-kit-vocabulary.ts';
import type { ConfigChange } from '../config/compare.ts';
import type { Comparison } from './core/judge-change.ts';
import type { ReloadResult, VersionOrigin, WatchState } from './core/reload-vocabulary.ts';
import type { OverlayEntry } from '../backends/backend-control.ts';

export interface ConfigurationDifference {
  readonly changes: readonly ConfigChange[];
  /** Keys that differ from the file and keep their old value until a restart. */
  readonly restartRequired: readonly string[];
}

export interface CheckReport extends ConfigurationDifference {
  /** Things that are allowed but hardly intended, and files that were not opened. */
  readonly warnings: readonly { readonly key: string; readonly message: string }[];
}

export interface ReloadReport extends ConfigurationDifference {
  readonly result: ReloadResult;
  /** Of the current snapshot. */
  readonly version: number;
}

export interface ConfigurationReport {
  /** Of the current snapshot. */
  readonly version: number;
  /** Path as given at start; null: flags only. */
  readonly file: string | null;
  /** Why no text can replace the file, a sentence; null: it can. */
  readonly readOnly: string | null;
  /** What a file of code evaluated to, as YAML with secrets hidden; null: the file is YAML or JSON. */
  readonly yaml: string | null;
  /** Milliseconds since the epoch: when the current settings were applied. */
  readonly appliedAt: number;
  readonly restartRequired: readonly string[];
  /** Why the last reload was refused; null if it was not. */
  readonly lastError: string | null;
  /** The API's overrides of backends; the settings include those that apply. */
  readonly overlay: readonly OverlayEntry[];
  /** The current settings, in the shape of the file, with all defaults, secrets hidden. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A text that was in the file and applied. */
export interface KeptVersion {
  /** Counts up from 1, also over restarts. */
  readonly number: number;
  /** Milliseconds since the epoch: when it was applied. */
  readonly at: number;
  readonly origin: VersionOrigin;
  /** Name of the operator's token; null: nobody's, the file was read. */
  readonly by: string | null;
  /** SHA-256 of the text, hex. */
  readonly digest: string;
  readonly bytes: number;
  /** False: in memory only, because it could not be written to the data folder. */
  readonly isStored: boolean;
}

export interface VersionReport extends KeptVersion {
  /** In the shape of the file, with all defaults, secrets hidden; null: it is no longer valid. */
  readonly settings: Readonly<Record<string, unknown>> | null;
  /** Why it is no longer valid: a certificate or a variable that it names is gone. */
  readonly problems: readonly string[];
}

/** The watch of the last change. */
export interface WatchReport {
  readonly state: WatchState;
  /** The version that is watched, and the one that returns if it makes something worse. */
  readonly version: number;
  readonly previous: number;
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Null: it is running. */
  readonly endedAt: number | null;
  /** Of `looks`. */
  readonly look: number;
  readonly looks: number;
  /** One sentence: how it ended; null: it is running. */
  readonly reason: string | null;
  /** The worst first, at most 100. */
  readonly comparisons: readonly Comparison[];
}

export interface ChangeOptions {
  /** Name of the operator's token. */
  readonly by: string | null;
  /** See WATCH_SECONDS. */
  readonly watchSeconds: number;
}

export interface ChangeReport extends ReloadReport {
  /** Of the kept version that is current now; null: there are none, because the gateway runs without a file or from code. */
  readonly number: number | null;
  /** Null: it is not watched. */
  readonly watch: WatchReport | null;
}

export interface PlanReport extends CheckReport {
  /** Names this text and what it was compared with, for {@link Configuration.apply}; null: no text was given, or the file cannot be written. */
  readonly planId: string | null;
}

/** A plugin as it is configured. */
export interface ConfiguredPlugin {
  readonly name: string;
  /** As in the file. */
  readonly file: string;
  readonly revision: string;
  readonly timeoutMs: number;
  readonly onError: OnPluginError;
  /** Names of those that run it. */
  readonly routes: readonly string[];
  readonly options: readonly ConfiguredOption[];
}

export interface ConfiguredOption extends PluginOption {
  /** As JSON, defaults filled in; `***` for a secret, `${NAME}` for the value of a variable; null: it has none. */
  readonly value: string | null;
  /** It is in the file, or at least not the default. */
  readonly isSet: boolean;
  /** Why the last reload was refused, if that was because of it; null: it was not. */
  readonly error: string | null;
}

/** The text that applies, for an editor. */
export interface EditableText {
  /** With `"*** 1 of 9f86d081"` in place of each literal secret; null: there is no file, it is code, or it is too long to edit. */
  readonly text: string | null;
  readonly hidden: number;
  /** Of the kept version; null: there is none. */
  readonly number: number | null;
  /** The file on the disk contains something else. */
  readonly isFileChanged: boolean;
}

/** Every change rejects like reload, and with GW_CONFIG_NOT_WRITABLE if it has to write and cannot. */
export interface Configuration {
  report(): ConfigurationReport;
  /** Texts that are sent to this object may contain its placeholders: they keep the secrets. */
  editable(): EditableText;
  /** In the order of the file. */
  plugins(): readonly ConfiguredPlugin[];
  /** JSON Schema of the file, with the options of its plugins. */
  schema(): Json;
  /**
   * Reads the file again. Resolves when it applies on every thread; if it is invalid, rejects with GW_VALIDATION and
   * every problem in `details`, and the current settings stay.
   */
  reload(options?: ChangeOptions): Promise<ChangeReport>;
  /**
   * Writes the text into the file and applies it. If there is no file, it is code, or it cannot be written, or the text
   * is invalid, nothing is changed.
   */
  replace(text: string, options?: ChangeOptions): Promise<ChangeReport>;
  /**
   * What a reload would change, with this text instead of the file, or with the file itself. For a text, only
   * certificates already in use are opened. Rejects as reload.
   */
  check(text?: string): Promise<PlanReport>;
  /**
   * {@link replace} if the plan was made of this text, and nothing has changed since. Rejects with GW_PLAN_OUTDATED and
   * the changes since in `details` otherwise.
   */
  apply(text: string, planId: string, options: ChangeOptions): Promise<ChangeReport>;
  /** The current one first. */
  versions(): readonly KeptVersion[];
  /** Rejects with GW_NOT_FOUND, as do the next two. */
  version(number: number): Promise<VersionReport>;
  /** What a change from the one to the other would change. */
  changesBetween(from: number, to: number): Promise<readonly ConfigChange[]>;
  /** Writes a kept version into the file, and applies it. */
  rollback(number: number, options: ChangeOptions): Promise<ChangeReport>;
  /** Of the last change that was watched; null: none since the start. */
  watch(): WatchReport | null;
  /** Ends a running watch, and keeps the version. Throws GW_NOT_FOUND if none runs. */
  endWatch(by: string | null): WatchReport;
  /** Subscribes to versions that return by themselves, or fail to. */
  onRevert(listener: (watch: WatchReport) => void): void;
}
