/**
 * Notices when notifications no longer arrive, and has everything compared instead. A connection that only listens can
 * be dead for long without an error (a firewall forgot it), and a pooler in transaction mode passes none on at all.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseLog } from './engine.ts';
import type { Round } from './keep-connected.ts';

/** One that goes out on the connection of queries and should come back on the one that listens. */
export interface Notifications {
  /** Of the connection used now; another one after it was replaced, and then it has to be listened on anew. */
  readonly connection: unknown;
  listen(channel: string, hear: (payload: string) => void): Promise<void>;
  notify(channel: string, payload: string): Promise<void>;
}

export interface HeartbeatOptions {
  readonly notifications: () => Notifications;
  /** Anything may have changed. Called every `patienceMs` while nothing is heard. */
  onSilence(): void;
  readonly log: DatabaseLog;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  /** A beat not heard for so long was lost, ms. Default 30 s. */
  readonly patienceMs?: number;
}

/** To be repeated every few seconds, after the round that connects. Rejects as a query does when the database is away. */
export function createHeartbeat({
  notifications,
  onSilence,
  log,
  nowMs,
  patienceMs = 30_000,
}: HeartbeatOptions): Round {
  // Of this gateway alone: the others' beats are none of its business.
  const channel = `sluice_beat_${randomUUID().replaceAll('-', '')}`;
  let listensOn: unknown;
  let heardAtMs = nowMs();
  let isSilent = false;

  function hear(): void {
    heardAtMs = nowMs();
    if (isSilent) log.info({}, 'notifications of the database arrive again');
    isSilent = false;
  }

  return async () => {
    const { connection, listen, notify } = notifications();
    if (listensOn !== connection) {
      await listen(channel, hear);
      listensOn = connection;
      heardAtMs = nowMs();
    } else if (nowMs() - heardAtMs >= patienceMs) {
      if (!isSilent) log.warn({ every_ms: patienceMs }, 'no notifications of the database arrive: changes are polled');
      isSilent = true;
      heardAtMs = nowMs();
      onSilence();
    }
    await notify(channel, '');
  };
}
