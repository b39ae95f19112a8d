/** Probes all backends, each at its own pace, a few at a time. */
import { isDeepStrictEqual } from 'node:util';
import { ProbeGate } from './probe-gate.ts';
import { probe } from './probe.ts';
import { type Schedule, steppedSchedule } from './stepped-schedule.ts';
import { WatchedTarget, type ProberPorts, type ProbeTarget } from './watched-target.ts';

export type { ProbeTarget } from './watched-target.ts';

/** Probes in flight at a time. */
const AT_ONCE = 10;

interface Watch {
  readonly watched: WatchedTarget;
  cancelNext: () => void;
  /** Starts the next round at once, unless one is running. */
  probeNow: () => void;
}

export class Prober {
  readonly #ports: ProberPorts;
  readonly #schedule: Schedule;
  readonly #gate = new ProbeGate(AT_ONCE);
  readonly #watches = new Map<string, Watch>();
  #isHindered = false;

  /** `probe` and `schedule` are for tests. */
  constructor(
    ports: Omit<ProberPorts, 'probe' | 'onOwnFailure'> & {
      readonly probe?: typeof probe;
      readonly schedule?: Schedule;
    },
  ) {
    this.#ports = { ...ports, probe: ports.probe ?? probe, onOwnFailure: (error) => this.#reportOwnFailure(error) };
    this.#schedule = ports.schedule ?? steppedSchedule();
  }

  /**
   * Watches exactly these. An unchanged target keeps its state and pace; a new or changed one is probed at once, and
   * its first result decides. One with a new address keeps its state, and is probed at once.
   */
  update(targets: readonly ProbeTarget[]): void {
    const wanted = new Map(targets.map((target) => [target.id, target]));
    const before = new Map([...this.#watches].map(([id, { watched }]) => [id, watched]));
    for (const [id, { target }] of before) {
      if (!isSameTarget(target, wanted.get(id))) this.#end(id);
    }
    for (const [id, target] of wanted) {
      const watch = this.#watches.get(id);
      if (watch === undefined) this.#begin(target, before.get(id));
      else if (watch.watched.readdress(target.addresses)) watch.probeNow();
    }
  }

  stop(): void {
    for (const id of this.#watches.keys()) this.#end(id);
  }

  #reportOwnFailure(reason: string | null): void {
    const { log } = this.#ports;
    if (this.#isHindered === (reason !== null)) return;
    this.#isHindered = reason !== null;
    if (reason === null) log.info('health checks work again');
    else log.warn({ reason }, 'health checks cannot run: backends keep their last known state');
  }

  #begin(target: ProbeTarget, before?: WatchedTarget): void {
    const watched = new WatchedTarget(target, this.#ports, before);
    const watch: Watch = { watched, cancelNext: () => {}, probeNow: () => {} };
    this.#watches.set(target.id, watch);
    void this.#round(watch);
  }

  #end(id: string): void {
    const watch = this.#watches.get(id);
    watch?.cancelNext();
    watch?.watched.stop();
    this.#watches.delete(id);
  }

  /** The loop: the next round is scheduled when this one ends, so rounds of one target never overlap. */
  async #round(watch: Watch): Promise<void> {
    const { watched } = watch;
    await this.#gate.run(() => watched.probeOnce());
    if (watched.isStopped) return;
    const next = (): void => {
      watch.probeNow = () => {};
      void this.#round(watch);
    };
    const cancel = this.#schedule(next, watched.delayMs());
    watch.cancelNext = cancel;
    watch.probeNow = () => {
      cancel();
      next();
    };
  }
}

function isSameTarget(one: ProbeTarget, other: ProbeTarget | undefined): boolean {
  return other !== undefined && isDeepStrictEqual({ ...one, addresses: [] }, { ...other, addresses: [] });
}
