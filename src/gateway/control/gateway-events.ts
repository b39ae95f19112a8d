/** Events that the parts of the control thread write to the event log for operators. */
import type { Database } from '../../database/database-port.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { ReloaderPorts } from '../../reload/control/reloader.ts';
import type { SupervisorOptions } from '../../threads/control/supervisor.ts';

export function reloadEvents(events: EventLog): NonNullable<ReloaderPorts['onReload']> {
  return ({ result, message }) => {
    const severity = result === 'applied' ? 'info' : 'error';
    events.append({ kind: 'configuration', severity, subject: null, message });
  };
}

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
