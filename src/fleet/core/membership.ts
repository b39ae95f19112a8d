/** Which gateways are live, and what they disagree about: computed from beats, by the clock of where the beats are. */
import type { DriftKind, LimitMode } from './fleet-vocabulary.ts';

/** A few figures of a gateway, since its last beat. */
export interface GatewayFigures {
  readonly requestsPerSecond: number;
  /** Answered 429. */
  readonly refusedPerSecond: number;
  readonly threads: number;
  readonly limitMode: LimitMode;
  /** For how long it has not been able to share as it should; null: it can, or is not meant to. */
  readonly limitModeSeconds: number | null;
}

/** What a gateway says about itself. */
export interface Beat {
  /** Random, of the process. */
  readonly id: string;
  /** Of the machine or container: the same after a restart. */
  readonly name: string;
  readonly version: string;
  /** Equal for gateways with the same configuration; empty: not known yet. */
  readonly configDigest: string;
  /** Null: not listening yet. */
  readonly adminUrl: string | null;
  readonly uptimeSeconds: number;
  readonly figures: GatewayFigures;
}

/** Ages are by the clock of the store, and no other clock is compared. */
export interface SeenBeat extends Beat {
  /** Since its first beat, ms. */
  readonly joinedMsAgo: number;
  /** Since its last beat, ms. */
  readonly seenMsAgo: number;
}

export interface Drift {
  readonly kind: DriftKind;
  /** What they have, and the names of the live gateways that have it; of `name`: the name, and the ids. */
  readonly groups: readonly { readonly value: string; readonly gateways: readonly string[] }[];
}

export interface Membership {
  /** By name, then id. This gateway is always among them. */
  readonly live: readonly SeenBeat[];
  readonly lost: readonly SeenBeat[];
  readonly drift: readonly Drift[];
}

export interface MembershipOptions {
  readonly ownId: string;
  /** Without a beat for this long, a gateway is lost. */
  readonly expireMs: number;
  /** Ids that stay live as long as they are there: nobody could beat for a while. */
  readonly kept: ReadonlySet<string>;
}

/** One gateway alone. */
export function alone(own: Beat): Membership {
  return { live: [{ ...own, joinedMsAgo: own.uptimeSeconds * 1000, seenMsAgo: 0 }], lost: [], drift: [] };
}

export function membership(beats: readonly SeenBeat[], { ownId, expireMs, kept }: MembershipOptions): Membership {
  const present = beats
    .filter((beat) => beat.id === ownId || !beats.some((other) => isReplacedBy(beat, other)))
    .toSorted(byName);
  const isLive = ({ id, seenMsAgo }: SeenBeat): boolean => id === ownId || seenMsAgo < expireMs || kept.has(id);
  const live = present.filter(isLive);
  return { live, lost: present.filter((beat) => !isLive(beat)), drift: driftOf(live) };
}

/**
 * A process with the same name joined after the last beat: it was restarted. If both beat on, these are two gateways
 * that were given the same name.
 */
function isReplacedBy(beat: SeenBeat, other: SeenBeat): boolean {
  return other.name === beat.name && other.id !== beat.id && other.joinedMsAgo < beat.seenMsAgo;
}

/** Another live gateway has the name of this one, and has had it for longer. */
export function isNamesake(live: readonly SeenBeat[], ownId: string): boolean {
  const own = live.find(({ id }) => id === ownId);
  if (own === undefined) return false;
  return live.some(({ id, name, joinedMsAgo }) => {
    if (id === ownId || name !== own.name) return false;
    return joinedMsAgo > own.joinedMsAgo || (joinedMsAgo === own.joinedMsAgo && id < ownId);
  });
}

function driftOf(live: readonly SeenBeat[]): readonly Drift[] {
  const nameOf = ({ name }: SeenBeat): string => name;
  const digests = grouped(
    live.filter(({ configDigest }) => configDigest !== ''),
    ({ configDigest }) => configDigest,
    nameOf,
  );
  const versions = grouped(live, ({ version }) => version, nameOf);
  const names = grouped(live, nameOf, ({ id }) => id).filter(({ gateways }) => gateways.length > 1);
  return [
    ...(digests.length > 1 ? [{ kind: 'config' as const, groups: digests }] : []),
    ...(versions.length > 1 ? [{ kind: 'version' as const, groups: versions }] : []),
    ...(names.length > 0 ? [{ kind: 'name' as const, groups: names }] : []),
  ];
}

/** The largest group first. */
function grouped(live: readonly SeenBeat[], by: (beat: SeenBeat) => string, show: (beat: SeenBeat) => string) {
  const groups = [...Map.groupBy(live, by)].map(([value, beats]) => ({ value, gateways: beats.map(show) }));
  return groups.toSorted(
    (one, other) => other.gateways.length - one.gateways.length || (one.value < other.value ? -1 : 1),
  );
}

function byName(one: SeenBeat, other: SeenBeat): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

export type FleetChange =
  | { readonly kind: 'joined' | 'left' | 'lost' | 'back' | 'restarted'; readonly gateway: string }
  | { readonly kind: 'drift'; readonly drift: Drift }
  | { readonly kind: 'agreed'; readonly drift: DriftKind };

/** What happened between two looks, for operators. Of this gateway itself, nothing but its drift. */
export function changesOf(before: Membership, after: Membership): readonly FleetChange[] {
  const wasLive = ids(before.live);
  const wasLost = ids(before.lost);
  const isLive = ids(after.live);
  const isLost = ids(after.lost);
  const gone = before.live.filter(({ id }) => !isLive.has(id));
  const come = after.live.filter(({ id }) => !wasLive.has(id));
  const restarted = new Set(
    come.filter(({ id, name }) => !wasLost.has(id) && gone.some((each) => each.name === name)).map(({ name }) => name),
  );
  const changes: FleetChange[] = [];
  for (const { id, name } of gone) {
    if (isLost.has(id)) changes.push({ kind: 'lost', gateway: name });
    else if (!restarted.has(name)) changes.push({ kind: 'left', gateway: name });
  }
  for (const { id, name } of come) {
    const isRestart = restarted.has(name) || before.lost.some((each) => each.name === name && !isLost.has(each.id));
    const kind = wasLost.has(id) ? 'back' : isRestart ? 'restarted' : 'joined';
    changes.push({ kind, gateway: name });
  }
  const had = new Map(before.drift.map((drift) => [drift.kind, drift]));
  for (const drift of after.drift) {
    if (!isSameDrift(had.get(drift.kind), drift)) changes.push({ kind: 'drift', drift });
    had.delete(drift.kind);
  }
  for (const kind of had.keys()) changes.push({ kind: 'agreed', drift: kind });
  return changes;
}

function ids(beats: readonly SeenBeat[]): ReadonlySet<string> {
  return new Set(beats.map(({ id }) => id));
}

function isSameDrift(one: Drift | undefined, other: Drift): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
