/**
 * What the members of a pool are, given what its source answered and what the health checks see: a pure reducer, with
 * the time as an argument. docs/discovery.md has the rules for operators.
 *
 * - A failed answer changes nothing.
 * - A strong source means what it says. A weak one (DNS, a file) may be wrong: a member that it no longer lists is held
 *   while its health checks succeed, for `holdMs`; without an end if the list is suddenly empty or much shorter.
 * - Changes apply once they have settled for `debounceMs`, at the latest after four times as long, and never more often.
 * - Members of the last run are unproven until the source lists them or a health check succeeds.
 */
import { isSameMember, joinMembers, type Member } from './member.ts';

export interface MembershipRules {
  readonly isStrong: boolean;
  readonly holdMs: number;
  /** Share of the members, 0..1. */
  readonly shrinkLimit: number;
  readonly debounceMs: number;
}

export interface CurrentMember {
  readonly member: Member;
  /** False: only an old list is known. */
  readonly isProven: boolean;
  /** Null: the source lists it, or has not listed anything yet. */
  readonly held: Held | null;
}

/** The source no longer lists it. */
export interface Held {
  readonly sinceMs: number;
  /** Null: while its health checks succeed. */
  readonly untilMs: number | null;
}

export type MembershipEvent =
  | { readonly kind: 'list'; readonly members: readonly Member[]; readonly refused: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string }
  /** A health check of a member ended, or an attempt to connect. */
  | { readonly kind: 'probed'; readonly key: string; readonly isUp: boolean }
  /** Nothing but that time has passed. */
  | { readonly kind: 'tick' };

/** By {@link memberKey}; those that were there first come first. */
export type Members = ReadonlyMap<string, CurrentMember>;

export interface Membership {
  /** What applies. */
  readonly members: Members;
  /** What will apply once it has settled; `members` itself if nothing changes. */
  readonly wanted: Members;
  /** The last list; null: none yet. */
  readonly listed: ReadonlyMap<string, Member> | null;
  readonly refused: readonly string[];
  /** By key: the last health check of members, as far as there was one. */
  readonly probes: ReadonlyMap<string, boolean>;
  /** When the last list came; null: none yet. */
  readonly listedAtMs: number | null;
  /** Answers that failed since the last list. */
  readonly failures: number;
  readonly failingSinceMs: number | null;
  /** Of the last answer; null: it was a list. */
  readonly lastError: string | null;
  readonly appliedAtMs: number;
  /** Changes that wait to settle: when the first and the last came; urgent: without waiting. */
  readonly pending: { readonly firstMs: number; readonly lastMs: number; readonly isUrgent: boolean } | null;
}

export interface Step {
  readonly state: Membership;
  /** `state.members` are others than before. */
  readonly isChanged: boolean;
  /** When to call again, at the latest; null: nothing is due. */
  readonly nextAtMs: number | null;
}

/** The longest a change waits for others, in debounces. */
const MOST_DEBOUNCES = 4;

/** @param last the list of an earlier run. */
export function startMembership(last: readonly Member[] = []): Membership {
  const members = new Map(
    [...joinMembers(last)].map(([key, member]) => [key, { member, isProven: false, held: null }] as const),
  );
  return {
    members,
    wanted: members,
    listed: null,
    refused: [],
    probes: new Map(),
    listedAtMs: null,
    failures: 0,
    failingSinceMs: null,
    lastError: null,
    appliedAtMs: -Infinity,
    pending: null,
  };
}

export function stepMembership(
  before: Membership,
  event: MembershipEvent,
  nowMs: number,
  rules: MembershipRules,
): Step {
  const heard = hear(before, event, nowMs);
  const { wanted, isUrgent, nextAtMs } = judge(heard, event, nowMs, rules);
  const state = settle(heard, wanted, isUrgent, nowMs);
  if (state.pending === null) return { state, isChanged: false, nextAtMs };
  const dueAtMs = dueAt(state, rules.debounceMs);
  if (nowMs < dueAtMs) return { state, isChanged: false, nextAtMs: Math.min(dueAtMs, nextAtMs ?? dueAtMs) };
  return {
    state: { ...state, members: state.wanted, appliedAtMs: nowMs, pending: null },
    isChanged: true,
    nextAtMs,
  };
}

/** What is known after the event. */
function hear(before: Membership, event: MembershipEvent, nowMs: number): Membership {
  if (event.kind === 'list') {
    return {
      ...before,
      listed: joinMembers(event.members),
      refused: event.refused,
      listedAtMs: nowMs,
      failures: 0,
      failingSinceMs: null,
      lastError: null,
    };
  }
  if (event.kind === 'failed') {
    const failingSinceMs = before.failingSinceMs ?? nowMs;
    return { ...before, failures: before.failures + 1, failingSinceMs, lastError: event.reason };
  }
  if (event.kind === 'tick' || !before.wanted.has(event.key)) return before;
  return { ...before, probes: new Map([...before.probes, [event.key, event.isUp]]) };
}

/** Which members there should be, and when that changes by itself. */
function judge(
  { wanted: known, listed, probes }: Membership,
  event: MembershipEvent,
  nowMs: number,
  { isStrong, holdMs, shrinkLimit }: MembershipRules,
): { readonly wanted: Members; readonly isUrgent: boolean; readonly nextAtMs: number | null } {
  const wanted = new Map<string, CurrentMember>();
  if (listed === null) {
    for (const [key, each] of known) wanted.set(key, { ...each, isProven: each.isProven || probes.get(key) === true });
    return { wanted, isUrgent: false, nextAtMs: null };
  }
  let isUrgent = false;
  const vanished: [key: string, member: CurrentMember][] = [];
  for (const [key, each] of known) {
    const member = listed.get(key);
    if (member !== undefined) wanted.set(key, { member, isProven: true, held: null });
    else if (isStrong) continue;
    else if (probes.get(key) === false) isUrgent ||= event.kind === 'probed';
    else if (each.isProven || probes.get(key) === true) vanished.push([key, each]);
  }
  const isSuspect = listed.size === 0 || listed.size < (1 - shrinkLimit) * (wanted.size + vanished.length);
  let nextAtMs: number | null = null;
  for (const [key, { member, held }] of vanished) {
    const sinceMs = held?.sinceMs ?? nowMs;
    const untilMs = isSuspect ? null : (held?.untilMs ?? nowMs + holdMs);
    if (untilMs !== null && untilMs <= nowMs) continue;
    wanted.set(key, { member, isProven: true, held: { sinceMs, untilMs } });
    if (untilMs !== null) nextAtMs = Math.min(untilMs, nextAtMs ?? untilMs);
  }
  for (const [key, member] of listed) {
    if (!wanted.has(key)) wanted.set(key, { member, isProven: true, held: null });
  }
  return { wanted, isUrgent, nextAtMs };
}

/** Notes what waits to be applied, and since when. */
function settle(heard: Membership, wanted: Members, isUrgent: boolean, nowMs: number): Membership {
  const probes = new Map([...heard.probes].filter(([key]) => wanted.has(key)));
  if (isSame(heard.members, wanted)) return { ...heard, probes, members: wanted, wanted, pending: null };
  const { pending } = heard;
  if (pending !== null && isSame(heard.wanted, wanted))
    return { ...heard, probes, wanted, pending: { ...pending, isUrgent: pending.isUrgent || isUrgent } };
  // Nothing has flapped yet, and traffic may be waiting.
  const isFirst = heard.appliedAtMs === -Infinity;
  return {
    ...heard,
    probes,
    wanted,
    pending: {
      firstMs: pending?.firstMs ?? nowMs,
      lastMs: nowMs,
      isUrgent: (pending?.isUrgent ?? false) || isUrgent || isFirst,
    },
  };
}

function dueAt({ pending, appliedAtMs }: Membership, debounceMs: number): number {
  const { firstMs, lastMs, isUrgent } = pending!;
  if (isUrgent) return Math.max(firstMs, appliedAtMs + debounceMs);
  return Math.min(lastMs + debounceMs, firstMs + MOST_DEBOUNCES * debounceMs);
}

/** To traffic: why a member is held, and since when, makes no difference. */
function isSame(one: Members, other: Members): boolean {
  if (one.size !== other.size) return false;
  for (const [key, { member, isProven }] of one) {
    const there = other.get(key);
    if (there === undefined || there.isProven !== isProven || !isSameMember(there.member, member)) return false;
  }
  return true;
}
