/** How a configuration is read from its file, whatever it is written in. */

/** A text to be parsed, or the plain values that code evaluated to. */
export type Content = { readonly text: string } | { readonly value: unknown };

export interface ConfigReader {
  /** Reads the file now. Rejects with ConfigError. */
  take(): Promise<Content>;
  /** The same to look at it only: {@link paths} and {@link hasChanged} stay as they are. */
  peek(): Promise<Content>;
  /** Absolute: files whose changes concern the configuration, as of the last {@link take}. */
  readonly paths: readonly string[];
  /** Whether one of them differs from what was read, valid or not. A file that is missing for now is not a change. */
  hasChanged(): boolean;
  /** Lines that code printed since the last call. */
  takeOutput(): readonly string[];
}
