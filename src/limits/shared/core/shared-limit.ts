/**
 * One limit of a fleet, a token bucket or a sliding window, as a thread of one gateway sees it. The server (Redis) counts;
 * here is what the gateway last saw of that, and what it has admitted since.
 *
 * - *Far from the limit* (half of it left or more): admit now, report soon.
 * - *Near it*: ask, and wait for the answer, at most `waitMs`.
 * - *Known to be used up*: refuse now.
 * - *Hot* (two requests or more in the life of a lease): spend tokens that were leased ahead.
 * - *The server is slow*: admit by the share of what is left, charge it, wait for nothing.
 * - *The server is lost*: this gateway's share of the limit, 1/N of it, from the level last seen.
 *
 * Every admitted request is charged once, so whatever was admitted too much is refused later. A lease is spent within
 * its life after it was asked for, which bounds the excess of any window by rate × life. docs/adr has the proof sketch and
 * what was measured.
 *
 * Pure: time, randomness, the server and the level of this gateway are given. All times are ms.
 */
import type { DecisionPath, SharedMode } from '../../core/limits-vocabulary.ts';
import { Demand } from './demand.ts';
import type { GatewayLevel, Settled } from './gateway-level.ts';
import { Leases } from './leases.ts';
import { OutageShare } from './outage-share.ts';

/** `undecided`: the server has to be asked; {@link SharedLimit.wait}. */
export type Verdict = 'admitted' | 'refused' | 'undecided';

export interface Ask {
  /** Admitted and not charged yet, tokens. */
  readonly charge: number;
  /** How long ago the first of these was admitted. */
  readonly sinceMs: number;
  /** Tokens to grant if possible. */
  readonly want: number;
  /** Fewer are useless: then none. */
  readonly least: number;
  /** The server may have lost its data: at least so many tokens are used; −1: it has not. */
  readonly restored: number;
}

/** The thread that the limit belongs to. */
export interface LimitHost<Level extends GatewayLevel = GatewayLevel> {
  readonly mode: SharedMode;
  /** Live gateways, 1 or more. */
  readonly gateways: number;
  /** When the last loss ended. */
  readonly backMs: number;
  /**
   * How long before that the other gateways had the server and their whole limits, after all had lost it or it had lost its data:
   * before that they had their shares, as this gateway had. Infinity: it alone was cut off.
   */
  readonly othersMs: number;
  /** When the last loss of all gateways began: what was seen of a limit before that the server may not know. −Infinity: never. */
  readonly allLostMs: number;
  /** Traffic threads of this gateway. */
  readonly threads: number;
  /** Round trips, average. */
  readonly rttMs: number;
  readonly maxLeaseMs: number;
  /** Nothing is admitted before it was asked for. */
  readonly isStrict: boolean;
  random(): number;
  /**
   * Exactly one of {@link SharedLimit.onReply}, `onFailure` and `onLost` follows; before that, `onLate` if requests have
   * waited long enough.
   * @param sinceMs when the first of those came.
   */
  send(limit: SharedLimit<Level>, ask: Ask, sinceMs: number): void;
  /** Such a time by the server's clock, µs; −Infinity: it is not known. */
  serverUs(atMs: number): number;
  /** Gives back tokens; no answer is needed. */
  giveBack(limit: SharedLimit<Level>, tokens: number, atUs: number): void;
  /** Calls {@link SharedLimit.onDue} at about this time; of several calls for a limit the earliest counts. */
  callAt(limit: SharedLimit<Level>, atMs: number): void;
  count(path: DecisionPath): void;
}

interface Waiter {
  readonly cost: number;
  readonly sinceMs: number;
  readonly done: (isAdmitted: boolean) => void;
}

/** Age of a level up to which it is trusted, and up to which it is known that this gateway is one of those in use. */
const FRESH_MS = 20;
const RECENT_MS = 250;
/** Requests in the life of a lease that make a bucket hot. */
const HOT = 2;
/** Of the time in which the bucket fills: a lease's life. */
const LEASE_SHARE = 0.02;
const MIN_LEASE_MS = 5;
/** Of the limit: what all gateways together admit on a level that is not fresh, and on one that is not even recent. */
const RECENT_SHARE = 0.1;
const UNSEEN_SHARE = 0.04;
/** Capacity for each gateway from which on requests need not be asked for: one is {@link UNSEEN_SHARE} of it. */
const ROOMY = 25;
/** What was admitted on a level that is not recent is reported so soon: until the answer, a further request may have to wait. */
const SOON_MS = 2;
/** What was seen used up so long ago is looked at again, while requests come. */
const LOOK_MS = 1000;
/** By then the server has been charged what was admitted without asking it; a busy one a little later. */
const CHARGED_MS = 150;
/** A lease that is answered too late lives so long: for those who wait. */
const MOMENT_MS = 1e-3;
/** After the server has refused a charge, or to take tokens back. */
const RETRY_MS = 250;
/** Of a token: what sums of times may be off by. */
const ROUNDING = 1e-6;

export class SharedLimit<Level extends GatewayLevel = GatewayLevel> {
  readonly key: string;
  readonly #host: LimitHost<Level>;
  readonly level: Level;
  /** When the host is to call {@link onDue}; Infinity: not at all. The host's. */
  dueMs = Infinity;
  /** Admitted and not reported yet, and since when. */
  #pending = 0;
  #pendingSinceMs = 0;
  /** Reported, not acknowledged. */
  #sent = 0;
  /** Of these two: taken from the share of this gateway, since the last answer. */
  #sharedOut = 0;
  #isAsking = false;
  /** The answer to the last ask is late. */
  #isLate = false;
  /** The last ask was refused; others are answered. */
  #isFailing = false;
  #askedMs = 0;
  /** Tokens that the last ask wanted. */
  #wanted = 0;
  readonly #leases: Leases;
  readonly #waiters: Waiter[] = [];
  /** Until then the server has nothing to give. */
  #pacedUntilMs = -Infinity;
  /** The last grant left less than a token. */
  #isShort = false;
  /** The next ask is timed; nobody waits for it. */
  #isTimed = false;
  readonly #demand: Demand;
  /** The server's time that a refund of what was taken last is to have: of its grant, or of its charge or before. */
  #takenAtUs = 0;
  /** It was not granted, but is charged. */
  #isTakenAhead = false;
  /** The server's time of its last answer. */
  #answeredAtUs = 0;
  /** Since the server was lost; null: it is not, or that is settled. */
  #outage: OutageShare | null = null;
  /** Of the last use. */
  #capacity = 0;
  #usedMs: number;

  constructor(key: string, level: Level, host: LimitHost<Level>, nowMs: number) {
    this.key = key;
    this.level = level;
    this.#host = host;
    this.#leases = new Leases((tokens, atUs) => {
      if (this.#outage !== null) this.#outage.strand(tokens, atUs);
      else if (host.mode !== 'lost') host.giveBack(this, tokens, atUs);
    });
    this.#demand = new Demand(nowMs);
    this.#usedMs = nowMs;
  }

  /**
   * Nothing would be lost with it: what it has to remember is in the level.
   * @param isForgetting what was admitted while the server is lost may stay without a charge.
   */
  isIdle(nowMs: number, isForgetting = false): boolean {
    if (this.#isAsking || this.#waiters.length > 0 || nowMs - this.#usedMs < this.level.keptMs) return false;
    if (this.#pending > 0 && !this.#isFailing) return false;
    if (nowMs < this.#pacedUntilMs || this.#leases.count(nowMs) > 0) return false;
    // What was admitted while the server is lost is worth charging until it would have been refilled.
    if ((this.#outage === null && this.#pending === 0) || isForgetting) return true;
    this.level.load(nowMs);
    return this.level.isFull(nowMs);
  }

  take(cost: number, nowMs: number): Verdict {
    const host = this.#host;
    const level = this.level;
    this.#demand.arrived += cost;
    this.#usedMs = nowMs;
    this.#load(nowMs);
    if (host.mode === 'lost') return this.#takeShare(cost, nowMs);
    if (this.#outage !== null) this.#onBack(this.#outage, nowMs);
    const hasWaiters = this.#waiters.length > 0;
    if (!hasWaiters && this.#spend(cost, nowMs)) {
      this.#leaseAhead(nowMs);
      return this.#decided('admitted', 'lease');
    }
    const left = this.level.left(nowMs);
    const isFar = left >= level.capacity / 2 && !host.isStrict;
    if (!hasWaiters && isFar && this.#takeFar(cost, left, nowMs)) return this.#decided('admitted', 'far');
    if (this.#isAsking && this.#isLate) return this.#decideLate(cost, nowMs) ? 'admitted' : 'refused';
    if (hasWaiters) return 'undecided';
    const isAskedSoon = this.#isShort && this.#isTimed && this.#isHot();
    if (left < cost - ROUNDING || nowMs < this.#pacedUntilMs || isAskedSoon) {
      if (nowMs - level.seenMs >= LOOK_MS) this.#look(nowMs);
      return this.#decided('refused', 'known_empty');
    }
    if (host.mode === 'slow' && level.seenMs > -Infinity) {
      const isAdmitted =
        level.unsettled + cost <= Math.max(1, left / host.gateways / level.parts) && level.take(cost, nowMs);
      if (isAdmitted) this.#charge(cost, nowMs);
      this.#settle(nowMs, false);
      return this.#decided(isAdmitted ? 'admitted' : 'refused', 'slow');
    }
    return 'undecided';
  }

  /** After `undecided`. @param done called once, soon: the server has decided, or this gateway in its place. */
  wait(cost: number, nowMs: number, done: (isAdmitted: boolean) => void): void {
    this.#waiters.push({ cost, sinceMs: nowMs, done });
    this.#settle(nowMs, false);
  }

  /** Gives back what was taken a moment ago, because another limit refused the request. */
  refund(cost: number, nowMs: number): void {
    const outage = this.#outage;
    if (outage !== null) {
      // From a lease of before the loss: it has died.
      if (outage.tokens < cost) return;
      outage.add(-cost, this.level, this.#host, nowMs);
      this.level.refund(cost * this.#host.gateways, nowMs);
    } else if (this.#pending >= cost) {
      this.#pending -= cost;
      this.level.refund(cost, nowMs);
      this.level.addUnsettled(-cost);
    } else {
      // The next request may spend it; if none comes, the server gets it back.
      this.#hold(cost, this.#takenAtUs, nowMs + this.#leaseMs(), nowMs);
    }
  }

  /**
   * An answer has cost more than was taken for its request. That is charged whatever is left; at most one capacity of it
   * becomes a debt.
   */
  charge(tokens: number, nowMs: number): void {
    const level = this.level;
    this.#usedMs = nowMs;
    this.#load(nowMs);
    // More would be forgiven anyway.
    const charged = Math.min(tokens, 2 * level.capacity);
    if (this.#host.mode === 'lost') {
      this.onLost(nowMs);
      level.charge(charged * this.#host.gateways, nowMs);
      this.#outage!.add(charged, level, this.#host, nowMs);
      return;
    }
    if (this.#outage !== null) this.#onBack(this.#outage, nowMs);
    level.charge(charged, nowMs);
    if (this.#pending === 0) this.#pendingSinceMs = nowMs;
    this.#pending += charged;
    level.addUnsettled(charged);
    this.#report(level.left(nowMs), nowMs);
  }

  /**
   * An answer has cost less than was taken for its request, some time ago. What the server has not been charged yet is
   * not charged; else it gets a refund, which it ignores if the limit has been full since. While the server is lost,
   * only what was taken since comes back.
   */
  giveBack(tokens: number, takenMs: number, nowMs: number): void {
    this.#usedMs = nowMs;
    this.#load(nowMs);
    if (this.#host.mode !== 'lost' && this.#outage !== null) this.#onBack(this.#outage, nowMs);
    const outage = this.#outage;
    if (outage !== null) {
      if (outage.tokens < tokens) return;
      outage.add(-tokens, this.level, this.#host, nowMs);
      this.level.refund(tokens * this.#host.gateways, takenMs);
    } else if (this.#host.mode !== 'lost') {
      this.level.refund(tokens, takenMs);
      if (this.#pending >= tokens) {
        this.#pending -= tokens;
        this.level.addUnsettled(-tokens);
        return;
      }
      const atUs = this.#host.serverUs(Math.min(nowMs, takenMs + CHARGED_MS));
      if (atUs > -Infinity) this.#host.giveBack(this, tokens, atUs);
    }
  }

  /** The answer to the last ask. */
  onReply(settled: Settled, nowMs: number): void {
    const { granted, left, atUs } = settled;
    const level = this.level;
    this.#isAsking = false;
    this.#isFailing = false;
    level.settle(settled, this.#sent, nowMs);
    this.#sharedOut = 0;
    if (this.#isTakenAhead && this.#sent > 0) this.#takenAtUs = atUs;
    this.#sent = 0;
    this.#answeredAtUs = atUs;
    if (granted > 0) {
      // However late it is, those who wait for it get it: or they would ask for ever, if all answers took that long.
      const diesMs = Math.max(this.#askedMs + this.#leaseMs(), nowMs + MOMENT_MS);
      this.#leases.add(granted, atUs, diesMs);
    }
    if (this.#wanted > 0) {
      this.#isShort = left < 1;
      if (this.#isShort && granted < this.#wanted) {
        const pauseMs = Math.min(this.#leaseMs() / 2, (250 * level.capacity) / level.ratePerSecond);
        this.#pacedUntilMs = nowMs + pauseMs * (0.5 + this.#host.random());
      }
    }
    this.#serve(left, nowMs);
    if (this.#isShort && this.#isHot() && !this.#isTimed) {
      this.#isTimed = true;
      this.#host.callAt(this, this.#pacedUntilMs > nowMs ? this.#pacedUntilMs : nowMs + this.#leaseMs() / 2);
    }
    if (this.#waiters.length > 0) this.#settle(nowMs, false);
    else if (this.#pending > 0) this.#report(this.level.left(nowMs), nowMs);
    this.#awaitDeath();
  }

  /** The server ran the last ask too late, so that it neither charged nor granted anything: it is sent again. */
  onVoid(settled: Settled, nowMs: number): void {
    this.#isAsking = false;
    this.#takeBackSent();
    this.level.settle(settled, 0, nowMs);
    this.#sharedOut = 0;
    if (this.#waiters.length > 0) this.#settle(nowMs, false);
    else if (this.#pending > 0) this.#report(this.level.left(nowMs), nowMs);
  }

  /** The server refused to answer this ask, and answers others. */
  onFailure(nowMs: number): void {
    this.#isAsking = false;
    this.#takeBackSent();
    this.#isFailing = true;
    this.onLate(nowMs);
    if (this.#pending > 0) this.#host.callAt(this, nowMs + RETRY_MS);
  }

  /** The server did not take back such tokens: they may be spent, and what is left of them goes back later. */
  onReturnRefused(tokens: number, atUs: number, nowMs: number): void {
    this.#hold(tokens, atUs, nowMs + RETRY_MS, nowMs);
  }

  /** No answer within the time that requests wait: they are decided here, and charged. */
  onLate(nowMs: number): void {
    this.#isLate = true;
    for (const { cost, done } of this.#waiters.splice(0)) done(this.#decideLate(cost, nowMs));
  }

  /** The host's mode is `lost` now; called for each bucket. */
  onLost(nowMs: number): void {
    if (this.#outage !== null) return;
    const { level } = this;
    const { gateways } = this.#host;
    const unsettled = this.#pending + this.#sent;
    this.#load(nowMs);
    // What was never seen, or what another thread has made this gateway's share of it, is not the server's.
    const isSeen = level.seenMs > -Infinity;
    const used = isSeen ? level.capacity - level.left(nowMs) - this.#sharedOut * (gateways - 1) : 0;
    this.#outage = new OutageShare(level, unsettled, Math.max(0, used), nowMs);
    const more = Math.max(0, unsettled - this.#sharedOut) * (gateways - 1);
    level.lose(unsettled, more, nowMs);
    this.#pending = 0;
    this.#sent = 0;
    this.#sharedOut = 0;
    this.#isAsking = false;
    this.#isTimed = false;
    for (const { cost, done } of this.#waiters.splice(0)) done(this.#takeShare(cost, nowMs) === 'admitted');
  }

  /** The host's mode is not `lost` any more; called for each bucket, at some time. */
  onBack(nowMs: number): void {
    if (this.#outage === null) return;
    this.#load(nowMs);
    this.#onBack(this.#outage, nowMs);
  }

  /** The thread stops: nothing follows. What was admitted is charged, what was leased goes back. */
  onStop(nowMs: number): void {
    if (this.#host.mode === 'lost') return;
    this.#load(nowMs);
    this.#leases.count(Infinity);
    if (this.#pending === 0) return;
    // The answer to an earlier ask may never be read.
    const charge = this.#pending;
    this.#pending = 0;
    const sinceMs = nowMs - this.#pendingSinceMs;
    this.#host.send(this, { charge, sinceMs, want: 0, least: 1, restored: -1 }, nowMs);
  }

  /** What {@link LimitHost.callAt} was for. */
  onDue(nowMs: number): void {
    if (this.#host.mode === 'lost') return;
    this.#load(nowMs);
    const leased = this.#leases.count(nowMs);
    const isHotAndShort = this.#isTimed && this.#isShort && this.#demand.arrived > 0;
    this.#isTimed = false;
    this.#settle(nowMs, isHotAndShort && leased < this.#demand.perMs * this.#leaseMs() * 0.25);
    this.#awaitDeath();
  }

  /** What was admitted or leased under other settings is worth another number of tokens now. */
  #load(nowMs: number): void {
    const level = this.level;
    level.load(nowMs);
    const { capacity } = level;
    if (capacity === this.#capacity) return;
    const ratio = this.#capacity > 0 && level.isProportional ? capacity / this.#capacity : 1;
    this.#capacity = capacity;
    if (ratio === 1) return;
    const more = this.#pending * (ratio - 1);
    this.#pending += more;
    if (more !== 0) level.addUnsettled(more);
    this.#outage?.scale(ratio);
    this.#leases.scale(ratio);
  }

  #takeBackSent(): void {
    if (this.#sent === 0) return;
    this.#pendingSinceMs = this.#pending > 0 ? Math.min(this.#pendingSinceMs, this.#askedMs) : this.#askedMs;
    this.#pending += this.#sent;
    this.#sent = 0;
  }

  /** With the level loaded. */
  #onBack(outage: OutageShare, nowMs: number): void {
    const { level } = this;
    const { backMs, othersMs } = this.#host;
    const lostForMs = backMs - outage.sinceMs;
    const isOfAll = othersMs < lostForMs;
    // Those that died meanwhile.
    this.#leases.count(nowMs);
    const owed = isOfAll ? outage.chargeOfAll(level, this.#host, othersMs, lostForMs, nowMs) : outage.tokens;
    const charge = Math.max(0, owed - outage.stranded);
    if (outage.stranded > owed) this.#host.giveBack(this, outage.stranded - owed, outage.strandedAtUs);
    const countsMs = level.isWindow ? (level.capacity * 1000) / level.ratePerSecond : 0;
    const sinceMs = isOfAll ? Math.max(countsMs, nowMs - backMs + othersMs) : nowMs - outage.sinceMs;
    this.#outage = null;
    this.#isShort = false;
    this.#pacedUntilMs = -Infinity;
    if (charge === 0 && !isOfAll) return;
    const restored = isOfAll ? outage.remainingBefore(level, nowMs) : -1;
    level.addUnsettled(charge);
    // Until the answer, each of them counts once for each gateway in the level.
    this.#sharedOut += charge;
    this.#ask({ charge, sinceMs, want: 0, least: 1, restored }, nowMs);
  }

  /** Of what was seen before all lost the server, it may know nothing. Below 0: nothing to restore. */
  #restorable(nowMs: number): number {
    const { level } = this;
    if (level.seenMs >= this.#host.allLostMs || level.seenMs === -Infinity) return -1;
    const used = level.capacity - level.left(nowMs);
    return used > 0 ? used : -1;
  }

  #decided(verdict: 'admitted' | 'refused', path: DecisionPath): Verdict {
    this.#host.count(path);
    return verdict;
  }

  #leaseMs(): number {
    const { capacity, ratePerSecond } = this.level;
    const { maxLeaseMs, rttMs } = this.#host;
    const wantedMs = Math.max(MIN_LEASE_MS, 4 * rttMs, (LEASE_SHARE * 1000 * capacity) / ratePerSecond);
    return Math.min(maxLeaseMs, wantedMs);
  }

  #takeFar(cost: number, left: number, nowMs: number): boolean {
    const level = this.level;
    const { capacity, unsettled } = level;
    const gateways = this.#host.gateways * level.parts;
    // Of a small limit, a single request at each gateway would be a large part.
    if (capacity < ROOMY * gateways) return false;
    const ageMs = nowMs - level.seenMs;
    const isFresh = ageMs <= FRESH_MS;
    if (!isFresh && !level.isGuessable && level.seenMs === -Infinity) return false;
    const isRecent = ageMs <= RECENT_MS;
    const most = isFresh ? left / (2 * gateways) : (capacity * (isRecent ? RECENT_SHARE : UNSEEN_SHARE)) / gateways;
    if (unsettled + cost > most + ROUNDING || !level.take(cost, nowMs)) return false;
    this.#charge(cost, nowMs);
    if (!isFresh && level.unsettled > cost) this.#settle(nowMs, false);
    else if (!isRecent) this.#host.callAt(this, nowMs + SOON_MS);
    else this.#report(left, nowMs);
    return true;
  }

  #takeShare(cost: number, nowMs: number): Verdict {
    // Another limit's waiter may come here before the host has called it for this one; a new limit needs it, too.
    this.onLost(nowMs);
    if (this.#spend(cost, nowMs)) return this.#decided('admitted', 'lease');
    const isAdmitted = this.level.takeShare(cost, this.#host.gateways, nowMs);
    if (isAdmitted) this.#outage!.add(cost, this.level, this.#host, nowMs);
    return this.#decided(isAdmitted ? 'admitted' : 'refused', 'share');
  }

  /** By this gateway's share of the limit, and charged. */
  #decideLate(cost: number, nowMs: number): boolean {
    this.#host.count('late');
    if (!this.level.takeShare(cost, this.#host.gateways, nowMs)) return false;
    this.#sharedOut += cost;
    this.#charge(cost, nowMs);
    return true;
  }

  #charge(cost: number, nowMs: number): void {
    this.#takenAtUs = this.#answeredAtUs;
    this.#isTakenAhead = true;
    if (this.#pending === 0) this.#pendingSinceMs = nowMs;
    this.#pending += cost;
    this.level.addUnsettled(cost);
  }

  /** Reports what is pending: soon when the limit is far, else now. */
  #report(left: number, nowMs: number): void {
    const isFar =
      left >= this.level.capacity / 2 && this.#pending < left / (4 * this.#host.gateways * this.level.parts);
    if (isFar) this.#host.callAt(this, nowMs + this.#leaseMs());
    else this.#settle(nowMs, false);
  }

  /** Tokens that the server has charged and nobody has used: as a lease. */
  #hold(tokens: number, atUs: number, diesMs: number, nowMs: number): void {
    this.#leases.putBack(tokens, atUs, diesMs, nowMs);
    this.#host.callAt(this, diesMs);
  }

  /** Of the next lease: what is left of it then goes back. */
  #awaitDeath(): void {
    const { nextDeathMs } = this.#leases;
    if (nextDeathMs !== null) this.#host.callAt(this, nextDeathMs);
  }

  #spend(cost: number, nowMs: number): boolean {
    const atUs = this.#leases.spend(cost, nowMs);
    if (atUs === null) return false;
    this.#takenAtUs = atUs;
    this.#isTakenAhead = false;
    return true;
  }

  #leaseAhead(nowMs: number): void {
    this.#demand.measure(this.#leaseMs(), nowMs);
    if (this.#isAsking || this.#isShort || !this.#isHot()) return;
    const soon = this.#demand.perMs * (this.#leaseMs() * 0.15 + this.#host.rttMs);
    if (this.#leases.count(nowMs) <= soon && this.level.left(nowMs) >= 1) this.#settle(nowMs, true);
  }

  #isHot(): boolean {
    return this.#demand.perMs * this.#leaseMs() >= HOT;
  }

  /** Asks for nothing: another gateway may have given back much. */
  #look(nowMs: number): void {
    if (this.#isAsking) return;
    const charge = this.#pending;
    const sinceMs = charge > 0 ? nowMs - this.#pendingSinceMs : 0;
    this.#pending = 0;
    this.#ask({ charge, sinceMs, want: 0, least: 1, restored: this.#restorable(nowMs) }, nowMs);
  }

  /** @param isAhead leases tokens although nobody waits. */
  #settle(nowMs: number, isAhead: boolean): void {
    if (this.#isAsking || this.#host.mode === 'lost') return;
    this.#demand.measure(this.#leaseMs(), nowMs);
    let waiting = 0;
    for (const { cost } of this.#waiters) waiting += cost;
    const isWanted = waiting > 0 || isAhead;
    const charge = this.#pending;
    if (charge === 0 && !isWanted) return;
    const ahead = this.#isHot() ? Math.ceil(this.#demand.perMs * (this.#leaseMs() / 2 + this.#host.rttMs)) : 0;
    const sinceMs = charge > 0 ? nowMs - this.#pendingSinceMs : 0;
    const least = this.#waiters[0]?.cost ?? 1;
    this.#pending = 0;
    const want = isWanted ? Math.max(1, waiting + ahead) : 0;
    this.#ask({ charge, sinceMs, want, least, restored: this.#restorable(nowMs) }, nowMs);
  }

  #ask(ask: Ask, nowMs: number): void {
    this.#isAsking = true;
    this.#isLate = false;
    this.#askedMs = nowMs;
    this.#sent = ask.charge;
    this.#wanted = ask.want;
    this.#host.send(this, ask, this.#waiters[0]?.sinceMs ?? nowMs);
  }

  /** @param left tokens that the server has left. */
  #serve(left: number, nowMs: number): void {
    const waiters = this.#waiters;
    while (waiters.length > 0) {
      const { cost, done } = waiters[0]!;
      const isAdmitted = this.#spend(cost, nowMs);
      // There is more: it is asked for again.
      if (!isAdmitted && left >= cost) return;
      waiters.shift();
      this.#host.count('asked');
      done(isAdmitted);
    }
  }
}
