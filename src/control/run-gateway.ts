/** The gateway as a process: signals, and the hard end. */
import type { Settings } from '../config/settings.ts';
import { createLogger } from '../logging.ts';
import { type Gateway, startGateway } from './gateway.ts';

export interface RunOptions {
  readonly onStarted?: (gateway: Gateway) => void;
}

/**
 * Runs until SIGTERM or SIGINT; resolves when everything is closed. A second signal ends the process at once, and so
 * does a stop that takes longer than `server.stop_timeout`.
 */
export async function runGateway(settings: Settings, options: RunOptions = {}): Promise<void> {
  const log = createLogger(settings.log, { name: 'control' });
  const gateway = await startGateway(settings, { log });
  options.onStarted?.(gateway);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
  log.info({ signal }, 'signal received');
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      log.warn({ signal: name }, 'second signal: ending at once');
      process.exit(1);
    });
  }
  const hardEnd = setTimeout(() => {
    log.error({ stop_timeout_ms: settings.server.stopTimeoutMs }, 'stop takes too long: ending at once');
    process.exit(1);
  }, settings.server.stopTimeoutMs);
  await gateway.stop();
  clearTimeout(hardEnd);
}
