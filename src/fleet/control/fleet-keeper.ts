/** Keeps this gateway among those that share a store of beats, and knows who the others are. */
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { FleetSource } from '../core/fleet-vocabulary.ts';
import {
  alone,
  type Beat,
  changesOf,
  type FleetChange,
  isNamesake,
  membership,
  type Membership,
  type SeenBeat,
} from '../core/membership.ts';
import type { Fleet, FleetReport } from '../fleet-report.ts';
import type { FleetStore } from '../fleet-store.ts';

export interface FleetKeeperPorts {
  /** Of this gateway. */
  readonly id: string;
  readonly name: string;
  /** What it says about itself. */
  readonly own: () => Beat;
  readonly beatMs: number;
  readonly expireMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Of a moment by `nowMs`, milliseconds since the epoch: for display. */
  readonly wallMs: (atMs: number) => number;
  /** For operators. */
  readonly onChange: (change: FleetChange) => void;
  /** The store failed, and did not before. Not called while it is away. */
  readonly onFailure: (error: unknown) => void;
}

export interface FleetView extends Membership {
  readonly source: FleetSource;
  /** By `nowMs`: when the store was last read; null: never. */
  readonly readAtMs: number | null;
}

/** What runs on one gateway at a time: of the same age as a gateway that is lost. */
const LEASE = 'housekeeping';
/** Rounds are not closer than this. */
const MIN_ROUND_MS = 20;
/** A lost gateway is shown for this long. */
const PRUNE_SECONDS = 3600;

export class FleetKeeper implements Fleet {
  readonly #ports: FleetKeeperPorts;
  readonly #queue = new KeyedQueue();
  readonly #listeners = new Set<(view: FleetView) => void>();
  #store: FleetStore | null = null;
  #view: FleetView;
  #readAtMs: number | null = null;
  /** Until then, gateways that were live stay so: nobody could beat before. */
  #keptUntilMs = -Infinity;
  #leaderUntilMs = -Infinity;
  #hasLeft = false;

  constructor(ports: FleetKeeperPorts) {
    this.#ports = ports;
    this.#view = { ...alone(ports.own()), source: 'alone', readAtMs: null };
  }

  get view(): FleetView {
    return this.#view;
  }

  /** As of now: ages have grown since the store was read, and this gateway knows itself best. */
  report(): FleetReport {
    const { own, id, name, nowMs, wallMs } = this.#ports;
    const { source, readAtMs, live, lost, drift } = this.#view;
    const sinceMs = readAtMs === null ? 0 : nowMs() - readAtMs;
    const [self] = alone(own()).live;
    const aged = (beat: SeenBeat): SeenBeat => ({
      ...beat,
      uptimeSeconds: beat.uptimeSeconds + sinceMs / 1000,
      joinedMsAgo: beat.joinedMsAgo + sinceMs,
      seenMsAgo: beat.seenMsAgo + sinceMs,
    });
    return {
      name,
      ownId: id,
      source,
      asOf: readAtMs === null ? null : wallMs(readAtMs),
      live: live.map((beat) => (beat.id === id ? self! : aged(beat))),
      lost: lost.map(aged),
      drift,
    };
  }

  get name(): string {
    return this.#ports.name;
  }

  /** Another live gateway has had the same name for longer: what is stored by name is that one's. */
  get isNamesake(): boolean {
    return isNamesake(this.#view.live, this.#ports.id);
  }

  /** Of this gateway alone, and the same after a restart unless it is a namesake. */
  get ownName(): string {
    const { id, name } = this.#ports;
    return this.isNamesake ? `${name}#${id}` : name;
  }

  /** N: live gateways, this one included. */
  get count(): number {
    return this.#view.live.length;
  }

  /** True: work that one gateway does for all is this one's. Without a store it always is. */
  get isLeader(): boolean {
    return this.#store === null || this.#ports.nowMs() < this.#leaderUntilMs;
  }

  /** Until the next round, ms: the next beat, or before it, when a gateway that does not beat will be lost. */
  get nextRoundMs(): number {
    const { beatMs, expireMs, id, nowMs } = this.#ports;
    const { live, readAtMs } = this.#view;
    if (readAtMs === null) return beatMs;
    const sinceMs = nowMs() - readAtMs;
    const leftMs = live.flatMap((beat) => (beat.id === id ? [] : expireMs - beat.seenMsAgo - sinceMs));
    // One that is late already is kept for another reason.
    return Math.max(MIN_ROUND_MS, Math.min(beatMs, ...leftMs.filter((each) => each > 0).map((each) => each + 1)));
  }

  /** @param listener called with every new view. The returned function ends that. */
  onView(listener: (view: FleetView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on there may be others. */
  follow(store: FleetStore): void {
    this.#store = store;
  }

  /** Beats, and looks who else does. Never rejects: while the store is away, N is what was last known. */
  round(): Promise<void> {
    return this.#inTurn(async (store) => {
      const sentAtMs = this.#ports.nowMs();
      await store.beat(this.#ports.own());
      const isClaimed = await store.claim(LEASE, this.#ports.id, this.#ports.expireMs / 1000);
      this.#leaderUntilMs = isClaimed ? sentAtMs + this.#ports.expireMs : -Infinity;
      await this.#read(store);
      if (isClaimed && this.#view.lost.some(({ seenMsAgo }) => seenMsAgo > PRUNE_SECONDS * 1000)) {
        await store.prune(PRUNE_SECONDS);
      }
    });
  }

  /** Somebody joined, left or changed: looks at once. Never rejects. */
  refresh(): Promise<void> {
    return this.#inTurn((store) => this.#read(store));
  }

  /** Others know at once. Never rejects: if the store is away, they will notice. */
  async leave(): Promise<void> {
    await this.#inTurn(async (store) => {
      this.#hasLeft = true;
      this.#leaderUntilMs = -Infinity;
      await store.leave(this.#ports.id);
      await store.release(LEASE, this.#ports.id);
    });
    this.#hasLeft = true;
  }

  async #read(store: FleetStore): Promise<void> {
    const { beatMs, expireMs, nowMs } = this.#ports;
    const beats = await store.list();
    const readAtMs = nowMs();
    // Before that, nobody could beat, or this gateway stood still: the others are given the time to beat again.
    if (this.#readAtMs !== null && readAtMs - this.#readAtMs > 2 * beatMs) this.#keptUntilMs = readAtMs + expireMs;
    this.#readAtMs = readAtMs;
    const ownId = this.#ports.id;
    const kept = new Set(readAtMs < this.#keptUntilMs ? this.#view.live.map(({ id }) => id) : []);
    const isThere = beats.some(({ id }) => id === ownId);
    const all = isThere ? beats : [...beats, ...alone(this.#ports.own()).live];
    this.#show({ ...membership(all, { ownId, expireMs, kept }), source: 'database', readAtMs });
  }

  #show(view: FleetView): void {
    const before = this.#view;
    this.#view = view;
    for (const change of changesOf(before, view)) this.#ports.onChange(change);
    for (const listener of this.#listeners) listener(view);
  }

  async #inTurn(work: (store: FleetStore) => Promise<void>): Promise<void> {
    await this.#queue.run('fleet', async () => {
      if (this.#store === null || this.#hasLeft) return;
      try {
        await work(this.#store);
      } catch (error) {
        const isAway = error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE';
        // That it is away has been logged.
        if (!isAway && this.#view.source !== 'last_known') this.#ports.onFailure(error);
        if (this.#view.source !== 'last_known') this.#show({ ...this.#view, source: 'last_known' });
      }
    });
  }
}
