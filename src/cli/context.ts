import type { Environment } from '../config/file/read-variable.ts';
import type { ConfigSource } from '../config/file/source.ts';
import type { Settings } from '../config/settings.ts';

/** The process around a command, replaceable in tests. */
export interface Context {
  readonly cwd: string;
  readonly env: Environment;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Runs the gateway; resolves when it has stopped. `source`: to read the settings again. */
  readonly runGateway: (settings: Settings, options: { source: ConfigSource }) => Promise<void>;
}

/** 0: success; 1: failed at run time; 2: wrong configuration or usage, nothing was started; 3: `status`: unavailable. */
export type ExitCode = 0 | 1 | 2 | 3;
