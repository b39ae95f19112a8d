/** The gateway as a process: signals, and the forced exit. */
import type { Logger } from 'pino';
import type { Settings } from '../../config/settings.ts';
import type { ConfigSource } from '../../config/file/source.ts';
import { loggedName } from '../../fleet/gateway-name.ts';
import { openLogTarget } from '../../runtime/log-sink.ts';
import { openLog } from '../logging.ts';
import { shrinkHeap } from '../../runtime/shrink-heap.ts';
import { type Gateway, startGateway } from './gateway.ts';

export interface RunOptions {
  /** To read the settings again on SIGHUP, by the API, or when the file changes; undefined: there is no reload. */
  readonly source?: ConfigSource;
  readonly onStarted?: (gateway: Gateway) => void;
}

/**
 * Runs until SIGTERM or SIGINT; resolves when everything is closed. A signal during the start ends the process at once,
 * with 0: nothing is running that would have to end. So do a second signal, and a stop that takes longer than
 * `server.stop_timeout`, with 1.
 */
export async function runGateway(settings: Settings, options: RunOptions = {}): Promise<void> {
  const logTarget = openLogTarget(1);
  const { log, output, tap } = openLog(settings.log, { name: 'control', gateway: loggedName(settings) }, logTarget);
  // Node's own message would block until standard error is read.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error: exiting immediately');
    process.exit(1);
  });
  let isStarting = true;
  const signalled = firstSignal(log, () => isStarting);
  const { source } = options;
  let isReloadDue = false;
  let reload = (): void => {
    isReloadDue = true;
  };
  // A gateway without a file has nothing to read again: it ends with its terminal, like any program.
  if (source?.file !== undefined) process.on('SIGHUP', () => reload());
  const gateway = await startGateway(settings, {
    log,
    logTarget,
    isOwnProcess: true,
    logTap: tap,
    droppedLogLines: () => output.droppedTotal,
    ...(source === undefined ? {} : { source }),
  });
  shrinkHeap();
  isStarting = false;
  // The reason is in the log.
  reload = () => void gateway.reload('signal').catch(() => {});
  if (isReloadDue) reload();
  options.onStarted?.(gateway);
  await signalled;
  const { stopTimeoutMs } = gateway.settings().server;
  const hardEnd = setTimeout(() => {
    log.error({ stop_timeout_ms: stopTimeoutMs }, 'stop took too long: exiting immediately');
    process.exit(1);
  }, stopTimeoutMs);
  await gateway.stop();
  clearTimeout(hardEnd);
}

/** Resolves at the first; a second ends the process, and so does one during the start. */
function firstSignal(log: Logger, isStarting: () => boolean): Promise<void> {
  let isFirst = true;
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      if (!isFirst) {
        log.warn({ signal }, 'second signal: exiting immediately');
        process.exit(1);
      }
      isFirst = false;
      log.info({ signal }, 'signal received');
      if (isStarting()) {
        log.info('stopped while starting');
        process.exit(0);
      }
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
