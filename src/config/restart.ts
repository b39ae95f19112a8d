import { differingKeys } from './compare.ts';
import type { Settings } from './settings.ts';

/** Settings that a running gateway can take, in the words of the file. All others wait for a restart. */
const LIVE = [
  'server.trust_proxy',
  'server.drain_delay',
  'server.drain_timeout',
  'server.stop_timeout',
  'log.level',
  'log.access',
  'rate_limit',
  'reload',
] as const;
/** Parts of the above that cannot. */
const FIXED = ['rate_limit.max_clients'] as const;

export interface LiveChange {
  /** What can be put in force: as wanted, but with the old values where a restart is needed. */
  readonly settings: Settings;
  /** Keys that differ and keep their old value until then. */
  readonly restartRequired: readonly string[];
}

export function withoutRestart(inForce: Settings, wanted: Settings): LiveChange {
  const { server, log, rateLimit, reload, pools, routes } = wanted;
  const { trustProxy, drainDelayMs, drainTimeoutMs, stopTimeoutMs } = server;
  return {
    settings: Object.freeze({
      ...inForce,
      server: Object.freeze({ ...inForce.server, trustProxy, drainDelayMs, drainTimeoutMs, stopTimeoutMs }),
      log: Object.freeze({ ...inForce.log, level: log.level, access: log.access }),
      rateLimit: Object.freeze({ ...rateLimit, maxClients: inForce.rateLimit.maxClients }),
      reload,
      pools,
      routes,
    }),
    restartRequired: differingKeys(restOf(inForce), restOf(wanted)).filter(needsRestart),
  };
}

function needsRestart(key: string): boolean {
  const isUnder = (parent: string): boolean => key === parent || key.startsWith(`${parent}.`);
  return !LIVE.some(isUnder) || FIXED.some(isUnder);
}

function restOf(settings: Settings): object {
  return { ...settings, pools: [], routes: [] };
}
