/** The members of one pool: its source, what it answered, and what applies. */
import { isDeepStrictEqual } from 'node:util';
import type { BackendSettings, DiscoverSettings, DiscoverySettings, PoolSettings } from '../../config/settings.ts';
import { memberId } from '../core/member-id.ts';
import { memberKey, type Member } from '../core/member.ts';
import {
  type CurrentMember,
  type Membership,
  type MembershipEvent,
  type MembershipRules,
  startMembership,
  stepMembership,
} from '../core/membership.ts';
import { boundRefused, memberUrl, rejectMember } from '../read-entry.ts';
import { definitionOf } from './create-source.ts';
import type { Source, SourceAnswer, SourcePorts } from './source.ts';

export interface PoolMembersPorts {
  readonly createSource: (
    pool: string,
    discover: DiscoverSettings,
    discovery: DiscoverySettings,
    report: SourcePorts['report'],
  ) => Source;
  /** Why a URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  /** Of this gateway; null: unknown. */
  readonly region: string | null;
  readonly nowMs: () => number;
  readonly schedule: SourcePorts['schedule'];
  /** The members that apply are others. */
  readonly onChange: () => void;
  /** After each answer and each change. */
  readonly onStep: (pool: PoolMembers, before: Membership, isChanged: boolean) => void;
}

export class PoolMembers {
  readonly name: string;
  readonly #ports: PoolMembersPorts;
  #discover: DiscoverSettings;
  #discovery: DiscoverySettings;
  #source: Source;
  #state: Membership;
  #cancel = (): void => {};
  #isStopped = false;
  #failures = 0;
  #changes = 0;

  /** @param last the list of an earlier run. */
  constructor(pool: PoolSettings, discovery: DiscoverySettings, last: readonly Member[], ports: PoolMembersPorts) {
    this.name = pool.name;
    this.#ports = ports;
    this.#discover = pool.discover!;
    this.#discovery = discovery;
    this.#state = startMembership(last);
    this.#source = this.#createSource();
  }

  get state(): Membership {
    return this.#state;
  }

  /** Since the start of the process. */
  get totals(): { readonly failures: number; readonly changes: number } {
    return { failures: this.#failures, changes: this.#changes };
  }

  get discover(): DiscoverSettings {
    return this.#discover;
  }

  get isStrong(): boolean {
    return this.#source.isStrong;
  }

  start(): void {
    this.#source.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#source.stop();
  }

  /** Of a new configuration. What is known stays until the source has answered. */
  use(discover: DiscoverSettings, discovery: DiscoverySettings): void {
    const before = [this.#discover, this.#discovery] as const;
    this.#discover = discover;
    this.#discovery = discovery;
    if (isDeepStrictEqual(definitionOf(...before), definitionOf(discover, discovery))) return;
    this.#source.stop();
    this.#source = this.#createSource();
    this.#source.start();
    // With another scheme, the same members are other backends.
    if (before[0].scheme !== discover.scheme) this.#ports.onChange();
  }

  /** By id: the backends that the members are. */
  backends(): readonly BackendSettings[] {
    return [...this.#state.members.values()].map((each) => this.#backend(each));
  }

  /** A health check of a member ended. */
  probed(key: string, isUp: boolean): void {
    if (this.#state.probes.get(key) !== isUp) this.#step({ kind: 'probed', key, isUp });
  }

  idOf(member: Pick<Member, 'address' | 'port'>): string {
    return memberId(this.name, member);
  }

  urlOf(member: Pick<Member, 'address' | 'port'>): string {
    return memberUrl(member, this.#discover.scheme);
  }

  #createSource(): Source {
    // What a source reports after it was stopped is ignored.
    const report = (answer: SourceAnswer): void => {
      if (!this.#isStopped && source === this.#source) this.#answered(answer);
    };
    const source = this.#ports.createSource(this.name, this.#discover, this.#discovery, report);
    return source;
  }

  #answered(answer: SourceAnswer): void {
    if (answer.kind === 'failed') {
      this.#failures += 1;
      this.#step(answer);
      return;
    }
    const members: Member[] = [];
    const refused = [...answer.refused];
    for (const member of answer.members) {
      const reason = rejectMember(member) ?? this.#ports.ownAddress(memberUrl(member, this.#discover.scheme));
      if (reason === undefined) members.push(member);
      else refused.push(`${memberKey(member)}: ${reason}`);
    }
    this.#step({ kind: 'list', members, refused: boundRefused(refused) });
  }

  #step(event: MembershipEvent): void {
    if (this.#isStopped) return;
    this.#cancel();
    const before = this.#state;
    const nowMs = this.#ports.nowMs();
    const { state, isChanged, nextAtMs } = stepMembership(before, event, nowMs, this.#rules());
    this.#state = state;
    if (nextAtMs !== null) {
      this.#cancel = this.#ports.schedule(() => this.#step({ kind: 'tick' }), Math.max(1, Math.ceil(nextAtMs - nowMs)));
    }
    this.#ports.onStep(this, before, isChanged);
    if (!isChanged) return;
    this.#changes += 1;
    this.#ports.onChange();
  }

  #rules(): MembershipRules {
    const { holdMs, shrinkLimit } = this.#discover;
    return { isStrong: this.#source.isStrong, holdMs, shrinkLimit, debounceMs: this.#discovery.debounceMs };
  }

  #backend({ member, isProven }: CurrentMember): BackendSettings {
    const { weight, backup, draining, uid } = member;
    return {
      id: this.idOf(member),
      url: this.urlOf(member),
      weight,
      enabled: true,
      backup,
      maxInFlight: null,
      // Most sources that know zones find what is near.
      region: member.region ?? this.#discover.region ?? (member.zone === null ? null : this.#ports.region),
      zone: member.zone,
      ...(draining ? { draining } : {}),
      ...(uid === null ? {} : { uid }),
      ...(isProven ? {} : { unproven: true }),
    };
  }
}
