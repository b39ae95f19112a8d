/** The configuration as operators see and change it while the gateway runs. src/reload/control/reloader.ts implements it. */
import type { ConfigChange } from '../config/compare.ts';
import type { ReloadResult } from './core/reload-results.ts';
import type { OverlayEntry } from '../backends/backend-control.ts';

export interface ConfigurationDifference {
  readonly changes: readonly ConfigChange[];
  /** Keys that differ from the file and keep their old value until the process is started again. */
  readonly restartRequired: readonly string[];
}

export interface CheckReport extends ConfigurationDifference {
  /** What is allowed but hardly meant, and what was not looked at. */
  readonly warnings: readonly { readonly key: string; readonly message: string }[];
}

export interface ReloadReport extends ConfigurationDifference {
  readonly result: ReloadResult;
  /** Of the snapshot in force now. */
  readonly version: number;
}

export interface ConfigurationReport {
  /** Of the snapshot in force. */
  readonly version: number;
  /** Path as given at start; null: flags only. */
  readonly file: string | null;
  /** Milliseconds since the epoch: when what is in force was put in force. */
  readonly appliedAt: number;
  readonly restartRequired: readonly string[];
  /** Why the last reload was refused; null if it was not. */
  readonly lastError: string | null;
  /** What the API says of backends: the settings have it in them as far as it is in force. */
  readonly overlay: readonly OverlayEntry[];
  /** In force, in the shape of the file, every default filled in, secrets hidden. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Configuration {
  report(): ConfigurationReport;
  /**
   * Reads the file anew. Resolves when it applies on every thread; rejects with GW_VALIDATION and every problem
   * in `details` when it is wrong, and the old one stays.
   */
  reload(): Promise<ReloadReport>;
  /**
   * Writes the text into the file and puts it in force. Rejects as reload when it is wrong, with GW_CONFIG_NOT_WRITABLE
   * when there is no file or it cannot be written; nothing is changed then.
   */
  replace(text: string): Promise<ReloadReport>;
  /**
   * What a reload would change, with this text in place of the file's, or the file itself. Of a text, only certificates
   * that are in force are opened. Rejects as reload.
   */
  check(text?: string): Promise<CheckReport>;
}
