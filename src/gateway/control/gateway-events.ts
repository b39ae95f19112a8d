/** Events that the parts of the control thread write to the event log for operators. */
import type { Logger } from 'pino';
import type { Database } from '../../database/database-port.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { WatchReport } from '../../reload/configuration.ts';
import type { ReloaderPorts } from '../../reload/control/reloader.ts';
import type { SupervisorOptions } from '../../threads/control/supervisor-options.ts';

export function reloadEvents(events: EventLog): NonNullable<ReloaderPorts['onReload']> {
  return ({ result, message }) => {
    const severity = result === 'applied' ? 'info' : 'error';
    events.append({ kind: 'configuration', severity, subject: null, message });
  };
}

/** For operators and the log: how the watch of a change ended, with the numbers. */
export function watchEvents(events: EventLog, log: Logger): (report: WatchReport) => void {
  return ({ state, version, previous, reason, comparisons }) => {
    const severity = WATCH_SEVERITY[state];
    const worse = comparisons.filter(({ verdict }) => verdict === 'worse');
    log[severity]({ state, version, previous, reason, worse }, 'watch of a configuration ended');
    const message = `version ${version}: ${WATCH_ENDS[state]}: ${reason ?? ''}`;
    events.append({ kind: 'configuration', severity, subject: null, message });
  };
}

const WATCH_SEVERITY = {
  watching: 'info',
  kept: 'info',
  ended: 'info',
  reverted: 'warn',
  revert_failed: 'error',
} as const;
const WATCH_ENDS = {
  watching: 'being watched',
  kept: 'kept after its watch',
  ended: 'no longer watched',
  reverted: 'reverted',
  revert_failed: 'should be reverted',
} as const;

export function threadEvents(events: EventLog): NonNullable<SupervisorOptions['onThreadChange']> {
  return (index, change, message) => {
    events.append({ kind: 'thread', severity: change === 'back' ? 'info' : 'error', subject: String(index), message });
  };
}

/** @returns ends it */
export function databaseEvents(events: EventLog, database: Database): () => void {
  return database.onAvailability((isAvailable) => {
    const message = isAvailable ? 'the database is back' : 'the database is away; traffic goes on';
    events.append({ kind: 'database', severity: isAvailable ? 'info' : 'error', subject: null, message });
  });
}
