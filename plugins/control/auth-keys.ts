/** The public keys that verify tokens of clients: fetched here, used by the traffic threads. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { fetchKeys } from '../../src/auth/control/fetch-keys.ts';
import { KeyKeeper } from '../../src/auth/control/key-keeper.ts';
import { keySourcesOf } from '../../src/auth/key-source.ts';
import { repeat } from '../../src/runtime/repeat.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly authKeys: KeyKeeper;
  }
}

/** Interval between checks of what is due. */
const LOOK_MS = 1000;

export interface AuthKeysOptions {
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly log: Logger;
}

async function authKeys(app: FastifyInstance, { cwd, log }: AuthKeysOptions): Promise<void> {
  const { events, live, tables } = app;
  const keeper = new KeyKeeper({
    fetch: (source, signal) => fetchKeys(source, cwd, signal),
    log,
    onEvent: (severity, subject, message) => events.append({ kind: 'auth', severity, subject, message }),
    nowMs: tables.clock.nowMs,
    random: Math.random,
  });
  app.decorate('authKeys', keeper);
  const use = (): void => keeper.use(keySourcesOf(live.settings.routes));
  live.onChange(use);
  use();
  const endLooks = repeat(() => keeper.look(), LOOK_MS);
  app.addHook('onClose', async () => {
    keeper.stop();
    await endLooks();
  });
}

export default fp(authKeys, { name: 'auth-keys', dependencies: ['snapshots', 'event-log'] });
