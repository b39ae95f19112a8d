/**
 * The containers of a Docker daemon, for all pools: one stream of events, and a list after each event that matters. The
 * stream may be silent for hours, also because it is broken, so it is opened anew, and the containers are listed, every
 * five minutes.
 */
import { constants } from 'node:os';
import { fullJitterMs } from '../../../../core/backoff.ts';
import type { SourcePorts } from '../../source.ts';
import type { Container } from './container.ts';
import type { DockerApi, DockerEvent } from './docker-api.ts';

export interface DockerListener {
  /** @param stopping ids of containers that were asked to stop and still run */
  readonly onContainers: (containers: readonly Container[], stopping: ReadonlySet<string>) => void;
  readonly onFailed: (reason: string) => void;
}

export type DockerWatchPorts = Pick<SourcePorts, 'nowMs' | 'schedule' | 'random'> & { readonly api: DockerApi };

const RELIST_MS = 5 * 60_000;
/** Events come in groups: a container that stops has four. */
const SETTLE_MS = 100;
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** A container that was asked to stop and runs on for longer has not been stopped by it. */
const MAX_STOPPING_MS = 10 * 60_000;

type Known =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'list'; readonly containers: readonly Container[] }
  | { readonly kind: 'failed'; readonly reason: string };

export class DockerWatch {
  readonly #ports: DockerWatchPorts;
  readonly #listeners = new Set<DockerListener>();
  /** By id: since when. */
  readonly #stopping = new Map<string, number>();
  #known: Known = { kind: 'nothing' };
  /** Null: nobody listens. */
  #running: AbortController | null = null;
  #stream: { readonly close: () => void; isOpen: boolean } | null = null;
  #isListing = false;
  /** Something happened since the list began. */
  #isOutdated = false;
  #failures = 0;
  #cancelRound = (): void => {};
  #cancelList: (() => void) | null = null;

  constructor(ports: DockerWatchPorts) {
    this.#ports = ports;
  }

  /** @returns ends it: the listener is not called any more */
  listen(listener: DockerListener): () => void {
    this.#listeners.add(listener);
    if (this.#running === null) this.#start();
    else this.#tell(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  #start(): void {
    this.#running = new AbortController();
    this.#failures = 0;
    this.#round();
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#stream?.close();
    this.#stream = null;
    this.#cancelRound();
    this.#cancelList?.();
    this.#cancelList = null;
    this.#known = { kind: 'nothing' };
    this.#stopping.clear();
  }

  #round(): void {
    if (this.#stream === null) this.#open();
    void this.#list();
  }

  /** The next round: soon, unless all is fine. */
  #plan(): void {
    this.#cancelRound();
    const { schedule, random } = this.#ports;
    if (this.#stream?.isOpen === true && this.#known.kind === 'list') {
      this.#failures = 0;
      this.#cancelRound = schedule(() => this.#renew(), RELIST_MS * (0.9 + 0.1 * random()));
      return;
    }
    const waitMs = fullJitterMs(this.#failures, RETRY_MS, MAX_RETRY_MS, random());
    this.#cancelRound = schedule(() => {
      this.#failures += 1;
      this.#round();
    }, waitMs);
  }

  #renew(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#round();
  }

  #open(): void {
    const stream = { close: () => {}, isOpen: false };
    this.#stream = stream;
    stream.close = this.#ports.api.events({
      onOpen: () => {
        stream.isOpen = true;
        // What happened before is in the list only.
        void this.#list();
      },
      onEvent: (event) => this.#onEvent(event),
      onEnd: () => {
        this.#stream = null;
        // The list says whether the daemon is still there.
        this.#plan();
      },
    });
  }

  #onEvent({ action, id, signal }: DockerEvent): void {
    if (action === 'kill') {
      void this.#onSignal(id, signal ?? '');
      return;
    }
    if (action === 'start') this.#stopping.delete(id);
    this.#cancelList ??= this.#ports.schedule(() => {
      this.#cancelList = null;
      void this.#list();
    }, SETTLE_MS);
  }

  /** Applications also get signals for other purposes, such as to open their logs anew. */
  async #onSignal(id: string, sent: string): Promise<void> {
    const running = this.#running!;
    if (!ALWAYS_STOPS.has(sent)) {
      const wanted = await this.#ports.api.stopSignal(id, running.signal).catch(() => '');
      if (signalNumber(wanted) !== signalNumber(sent) || running.signal.aborted) return;
    }
    this.#stopping.set(id, this.#ports.nowMs());
    this.#tellAll();
  }

  async #list(): Promise<void> {
    this.#isOutdated = true;
    if (this.#isListing) return;
    this.#isListing = true;
    while (this.#isOutdated && this.#running !== null) {
      this.#isOutdated = false;
      const { signal } = this.#running;
      const known = await this.#ports.api.list(signal).then(
        (containers): Known => ({ kind: 'list', containers }),
        (error: unknown): Known => ({ kind: 'failed', reason: (error as Error).message }),
      );
      if (signal.aborted) continue;
      this.#known = known;
      if (known.kind === 'list') this.#forgetStopped(known.containers);
      this.#tellAll();
      this.#plan();
    }
    this.#isListing = false;
  }

  #forgetStopped(containers: readonly Container[]): void {
    const ids = new Set(containers.map(({ id }) => id));
    const nowMs = this.#ports.nowMs();
    for (const [id, sinceMs] of this.#stopping) {
      if (!ids.has(id) || nowMs - sinceMs > MAX_STOPPING_MS) this.#stopping.delete(id);
    }
  }

  #tellAll(): void {
    for (const listener of this.#listeners) this.#tell(listener);
  }

  #tell(listener: DockerListener): void {
    const known = this.#known;
    if (known.kind === 'list') listener.onContainers(known.containers, new Set(this.#stopping.keys()));
    else if (known.kind === 'failed') listener.onFailed(known.reason);
  }
}

const ALWAYS_STOPS: ReadonlySet<string> = new Set([
  String(constants.signals.SIGTERM),
  String(constants.signals.SIGKILL),
]);

/** Of `SIGQUIT`, `QUIT` and `3`. NaN: none. */
function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  return (constants.signals as Readonly<Record<string, number>>)[name] ?? NaN;
}
