/** Vocabulary of gateways that know each other. */
import { SHARED_MODES } from '../../core/sharing-vocabulary.ts';

/**
 * Where the number of live gateways comes from: what the shared database says now, or what it last said, or nowhere,
 * because there is no shared database.
 */
export const FLEET_SOURCES = ['database', 'last_known', 'alone'] as const;
export type FleetSource = (typeof FLEET_SOURCES)[number];

/** `lost`: not seen for `fleet.expire`, and it did not say that it leaves. */
export const GATEWAY_STATES = ['live', 'lost'] as const;
export type GatewayState = (typeof GATEWAY_STATES)[number];

/** In what live gateways should agree, or must not: configuration and version are the same, names differ. */
export const DRIFT_KINDS = ['config', 'version', 'name'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** How a gateway counts its limits: alone, because no Redis is configured, or with others, as well as Redis allows. */
export const LIMIT_MODES = ['local', ...SHARED_MODES] as const;
export type LimitMode = (typeof LIMIT_MODES)[number];
