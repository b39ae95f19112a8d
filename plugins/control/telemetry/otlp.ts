/** Export of telemetry to a collector: spans and lines of the log from all threads, and the metrics. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { OtlpExports } from '../../../src/otlp/control/otlp-exports.ts';
import { postOtlp } from '../../../src/otlp/control/post-otlp.ts';
import type { LogTap } from '../../../src/otlp/log-tap.ts';
import { VERSION } from '../../../src/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly otlp: OtlpExports;
  }
}

export interface OtlpOptions {
  /** Of this gateway. */
  readonly name: () => string;
  /** Of the control thread's log; null: its lines are not exported. */
  readonly logTap: LogTap | null;
  readonly log: Logger;
}

async function otlp(app: FastifyInstance, { name, logTap, log }: OtlpOptions): Promise<void> {
  const { events, live, tables } = app;
  const exports = new OtlpExports({
    post: postOtlp,
    version: VERSION,
    instance: name,
    logTap,
    log,
    onEvent: (severity, subject, message) => events.append({ kind: 'telemetry', severity, subject, message }),
    nowMs: tables.clock.nowMs,
    wallMs: Date.now,
    random: Math.random,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms).unref();
      return () => clearTimeout(timer);
    },
  });
  const use = (): void => exports.use(live.settings.telemetry);
  live.onChange(use);
  use();
  app.decorate('otlp', exports);
  app.addHook('onClose', () => exports.close());
}

export default fp(otlp, { name: 'otlp', dependencies: ['snapshots', 'event-log'] });
