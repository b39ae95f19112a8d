/** Connects to a database, and reconnects after an outage: the round, and the loop that repeats it. */
import type { DatabaseLink } from './database-link.ts';
import type { Engine } from './engine.ts';

export interface KeepConnectedOptions {
  readonly engine: Engine;
  readonly link: DatabaseLink;
  /** Polls the database for changes, which also shows that it answers. */
  readonly poll: Round;
  /** Something may have changed. */
  readonly hint: () => void;
  /** Migrations and the wait for another gateway's, ms. */
  readonly migrationDeadlineMs: number;
}

/** One round. Rejects with the obstacle. */
export type Round = () => Promise<void>;

/**
 * Starts the engine, migrates and opens the link if that has not been done yet; otherwise checks whether the database
 * answers. Listens for changes on every new connection, before the link opens, so that none is missed.
 */
export function createRound(options: KeepConnectedOptions): Round {
  const { engine, link, poll, hint } = options;
  /** In a session of its own; if that is lost, the next round creates another. */
  async function listen(): Promise<void> {
    const { changes } = link.connection;
    if (changes === null || changes.isListening()) return;
    await link.attempt('LISTEN', () => changes.listen(hint));
  }

  async function prepare(): Promise<void> {
    await engine.start();
    const migrator = engine.migrator();
    try {
      await link.attempt('the migrations', () => migrator.apply(), options.migrationDeadlineMs);
    } catch (error) {
      migrator.abandon(error as Error);
      throw error;
    }
  }

  return async () => {
    if (!link.isOpen) await prepare();
    else await engine.start();
    const wasOpen = link.isOpen;
    try {
      await listen();
      link.open();
      await poll();
    } catch (error) {
      if (wasOpen) await engine.restart();
      throw error;
    }
  };
}

export interface LoopTimes {
  /** Between rounds while the database is available, ms. */
  readonly intervalMs: number;
  /** After the first failed round, ms; doubles up to `intervalMs`. */
  readonly retryMs: number;
}

export interface Loop {
  /** Brings the next round forward, to the first retry's time. */
  retrySoon(): void;
  /** Resolves when a running round has ended. */
  stop(): Promise<void>;
}

/** Repeats the round until stopped. `lastFailed`: whether the round before the loop failed. */
export function startLoop(round: Round, times: LoopTimes, lastFailed: boolean): Loop {
  let failures = lastFailed ? 1 : 0;
  let isStopped = false;
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  function schedule(): void {
    clearTimeout(timer);
    if (isStopped || isRunning) return;
    const delayMs = failures === 0 ? times.intervalMs : Math.min(times.intervalMs, times.retryMs * 2 ** (failures - 1));
    timer = setTimeout(() => (running = once()), delayMs).unref();
  }
  async function once(): Promise<void> {
    isRunning = true;
    failures = await round().then(
      () => 0,
      () => failures + 1,
    );
    isRunning = false;
    schedule();
  }

  schedule();
  return {
    retrySoon: () => {
      if (failures > 0) return;
      failures = 1;
      schedule();
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
