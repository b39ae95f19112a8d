import { isLoopback, isWeakToken } from './check/check-listeners.ts';
import { differingKeys } from './compare.ts';
import type { AdminSettings, Settings } from './settings.ts';

/** Settings that a running gateway can change, in the file's terms. All others need a restart. */
const LIVE = [
  'server.trust_proxy',
  'server.drain_delay',
  'server.drain_timeout',
  'server.stop_timeout',
  'tls.redirect',
  'tls.redirect_port',
  'tls.hsts',
  'tls.min_version',
  'tls.unknown_name',
  'tls.handshake_timeout',
  'tls.ticket_rotation',
  'tls.certificates',
  'tls.client_auth',
  'tls.acme',
  'tls.acme_email',
  'admin.token',
  'admin.tokens',
  'admin.allowed_hosts',
  'admin.cors_origins',
  'admin.audit_keep_days',
  'fleet.scale',
  'log.level',
  'log.access',
  'rate_limit',
  'telemetry',
  'recording',
  'reload',
  'dns',
  'discovery',
  'geo',
  'plugins',
] as const;
/** Parts of the above that cannot. */
const FIXED = ['rate_limit.max_clients'] as const;

export interface LiveChange {
  /** What can be applied: the wanted settings, but with the old values where a restart is needed. */
  readonly settings: Settings;
  /** Keys that differ and keep their old value until then. */
  readonly restartRequired: readonly string[];
}

export function withoutRestart(current: Settings, wanted: Settings): LiveChange {
  const { server, tls, log, telemetry, recording, rateLimit, reload, dns, discovery, geo, plugins } = wanted;
  const admin = liveAdmin(current.admin, wanted.admin);
  const { trustProxy, drainDelayMs, drainTimeoutMs, stopTimeoutMs } = server;
  return {
    settings: Object.freeze({
      ...current,
      server: Object.freeze({ ...current.server, trustProxy, drainDelayMs, drainTimeoutMs, stopTimeoutMs }),
      tls: liveTls(current.tls, tls),
      admin: Object.freeze(admin),
      fleet: Object.freeze({ ...current.fleet, scale: wanted.fleet.scale }),
      log: Object.freeze({ ...current.log, level: log.level, access: log.access }),
      telemetry,
      recording,
      rateLimit: Object.freeze({ ...rateLimit, maxClients: current.rateLimit.maxClients }),
      reload,
      dns,
      discovery,
      geo,
      plugins,
      pools: wanted.pools,
      routes: wanted.routes,
      foundDefaults: wanted.foundDefaults,
    }),
    restartRequired: differingKeys(restOf(current), restOf(wanted)).filter(
      (key) => needsRestart(key) || (admin.tokens !== wanted.admin.tokens && /^admin\.tokens?$/.test(key)),
    ),
  };
}

/**
 * The address stays until the restart. So if a file moves it back to loopback and removes the last token or weakens it,
 * the port must not be open to other machines in the meantime: the tokens stay, too.
 */
function liveAdmin(current: AdminSettings, wanted: AdminSettings): AdminSettings {
  const hasNone = wanted.token === null && wanted.tokens.length === 0;
  const isUnguarded = (hasNone || isWeakToken(wanted.token)) && !isLoopback(current.host);
  const { token, tokens } = isUnguarded ? current : wanted;
  const { allowedHosts, corsOrigins, auditKeepDays } = wanted;
  return { ...current, token, tokens, allowedHosts, corsOrigins, auditKeepDays };
}

/** A port that is not open yet stays closed, and one that is open stays so; stored keys stay encrypted as they are. */
function liveTls(current: Settings['tls'], wanted: Settings['tls']): Settings['tls'] {
  if (current === null || wanted === null) return current;
  return Object.freeze({ ...wanted, port: current.port, storageKey: current.storageKey });
}

function needsRestart(key: string): boolean {
  const isUnder = (parent: string): boolean => key === parent || key.startsWith(`${parent}.`);
  return !LIVE.some(isUnder) || FIXED.some(isUnder);
}

function restOf(settings: Settings): object {
  return { ...settings, pools: [], routes: [], foundDefaults: null };
}
