/** The configuration as operators see and change it while the gateway runs. src/reload/control/reloader.ts implements it. */
import type { ConfigChange } from '../config/compare.ts';
import type { ReloadResult } from './core/reload-vocabulary.ts';
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

export interface Configuration {
  report(): ConfigurationReport;
  /**
   * Reads the file again. Resolves when it applies on every thread; if it is invalid, rejects with GW_VALIDATION and
   * every problem in `details`, and the current settings stay.
   */
  reload(): Promise<ReloadReport>;
  /**
   * Writes the text into the file and applies it. Rejects as reload if it is invalid, with GW_CONFIG_NOT_WRITABLE if
   * there is no file, it is code, or it cannot be written; nothing is changed then.
   */
  replace(text: string): Promise<ReloadReport>;
  /**
   * What a reload would change, with this text instead of the file, or with the file itself. For a text, only
   * certificates already in use are opened. Rejects as reload.
   */
  check(text?: string): Promise<CheckReport>;
}
