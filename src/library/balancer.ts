/** `balancer`: picks backends for the calls that a Fastify app makes, and checks their health. */
import type { FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
import { repeat } from '../runtime/repeat.ts';
import { BackendList, type BackendListOptions } from './backend-list.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly backends: BackendList;
  }
}

export interface HealthOptions {
  /** Path below the backend's URL, with a slash. Default: `/health`. */
  readonly path?: string;
  /** From the end of one round to the start of the next, 100..86,400,000 ms. Default: 5000. */
  readonly intervalMs?: number;
  /** For a check's answer, 10..600,000 ms. Default: 2000. */
  readonly timeoutMs?: number;
  /** Successes in a row that bring a backend up, from 1. Default: 2. */
  readonly rise?: number;
  /** Failures in a row that take it down, from 1. Default: 3. The first check of a backend decides at once. */
  readonly fall?: number;
}

export interface BalancerOptions extends BackendListOptions {
  /** Checks of each backend: an answer of 200..399 is a success. Default: none, only circuits leave backends out. */
  readonly health?: HealthOptions;
}

/** One check of every backend. Never rejects. */
export async function checkRound(
  backends: BackendList,
  { path = '/health', timeoutMs = 2000 }: HealthOptions,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    backends.states().map(async ({ id, url }) => {
      const isSuccess = await isHealthy(url + path, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      if (!signal.aborted) backends.checked(id, isSuccess);
    }),
  );
}

async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { status, body } = await fetch(url, { signal, redirect: 'manual' });
    await body?.cancel();
    return status >= 200 && status < 400;
  } catch {
    return false;
  }
}

const plugin: FastifyPluginAsync<BalancerOptions> = async (app, options) => {
  const { health } = options;
  const rise = { rise: health?.rise ?? 2, fall: health?.fall ?? 3 };
  const backends = new BackendList(options, rise);
  app.decorate('backends', backends);
  if (health === undefined) return;
  const { path = '/health', intervalMs = 5000, timeoutMs = 2000 } = health;
  if (!path.startsWith('/')) throw new RangeError(`health.path must start with a slash, not ${JSON.stringify(path)}`);
  within('health.intervalMs', intervalMs, 100, 86_400_000);
  within('health.timeoutMs', timeoutMs, 10, 600_000);
  const ending = new AbortController();
  const round = (): Promise<void> => checkRound(backends, health, ending.signal);
  let end = async (): Promise<void> => {};
  app.addHook('onReady', async () => {
    // The first requests must not meet backends that are known to be down.
    await round();
    end = repeat(round, intervalMs);
  });
  app.addHook('onClose', async () => {
    ending.abort();
    await end();
  });
};

function within(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) throw new RangeError(`${name} must be ${min} to ${max}, not ${value}`);
}

/**
 * Adds `app.backends`: a backend for each call that the app makes, by load, latency and weight; unhealthy ones and those with
 * an open circuit are left out. With health checks, the app is ready once each backend was checked. State is that of
 * this thread.
 *
 * @throws RangeError on registration if an option is out of range
 * @example
 *   app.register(balancer, { backends: ['http://10.0.0.1:8080', 'http://10.0.0.2:8080'], health: {} });
 *   const answer = await app.backends.run(({ url }) => fetch(`${url}/today`));
 */
export const balancer = fp(plugin, { name: 'sluice-balancer', fastify: '5.x' });
