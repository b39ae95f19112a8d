/** Messages between the control thread and the traffic threads. */
import type { Challenge } from '../acme/challenge.ts';
import type { SharedCertificate } from '../certificates/shared-certificate.ts';
import type { LogSettings, RedisSettings, ServerSettings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { SecondDemand } from '../limits/core/demand-history.ts';
import type { ExplainedRequest, ThreadExplanation } from '../explain/core/thread-explanation.ts';
import type { PluginState } from '../plugin-kit/core/plugin-state.ts';
import type { CachePurge } from '../policies/cache/core/cache-purger.ts';
import type { Talker } from '../limits/core/top-talkers.ts';
import type { OtlpBatch } from '../otlp/outbox.ts';
import type { RecordedBatch, RecordingSpec } from '../recording/recording-spec.ts';
import type { LogTarget } from '../runtime/log-sink.ts';
import type { Signal } from '../otlp/core/otlp-vocabulary.ts';
import type { SharedKeySet } from '../auth/key-directory.ts';
import type { ClientUpdate } from '../limits/quotas/client-quotas.ts';
import type { SharedMemory } from './shared-memory.ts';

/** The data a traffic thread is started with. */
export interface ThreadStart {
  readonly index: number;
  readonly memory: SharedMemory;
  readonly server: ServerSettings;
  /** Null: no limit is shared with other gateways. */
  readonly redis: RedisSettings | null;
  readonly log: LogSettings;
  readonly snapshot: Snapshot;
  readonly certificates: readonly SharedCertificate[];
  readonly challenges: readonly Challenge[];
  /** Public keys that verify tokens. */
  readonly keySets: readonly SharedKeySet[];
  readonly reusePort: boolean;
}

/** The data its worker is started with. */
export interface WorkerStart extends ThreadStart {
  readonly logTarget: LogTarget;
  /** The process runs nothing but the gateway. */
  readonly isOwnProcess: boolean;
  /** In log lines; undefined: none. */
  readonly gateway?: string | undefined;
}

/** The ports of the public listeners; 0: any free one. */
export interface ListenerPorts {
  readonly plain: number;
  /** Null: no TLS. */
  readonly tls: number | null;
}

/** What a thread has to export; its metrics are in shared memory. */
export type ThreadSignal = Exclude<Signal, 'metrics'>;

/** Every message with an id is acknowledged once it applies, or answered. */
export type ToThread =
  /** Sent when the thread knows everything it needs; until then, no traffic reaches the thread. */
  | { readonly type: 'listen'; readonly ports: ListenerPorts }
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: 'clients'; readonly id: number; readonly changes: readonly ClientUpdate[] }
  /** Each of `set` replaces the one with its id; `removed` are ids that are not configured any more. */
  | {
      readonly type: 'certificates';
      readonly id: number;
      readonly set: readonly SharedCertificate[];
      readonly removed: readonly string[];
    }
  /** They replace all others. */
  | { readonly type: 'challenges'; readonly id: number; readonly challenges: readonly Challenge[] }
  /** They replace all others. */
  | { readonly type: 'keys'; readonly id: number; readonly sets: readonly SharedKeySet[] }
  /** What can be had of a source was sent before. @see KeyLookups.end */
  | { readonly type: 'keys_read'; readonly source: string }
  /** About a name without a certificate. @see NameRequests.settle */
  | { readonly type: 'certificate_settled'; readonly host: string; readonly refusedForMs: number }
  /** All challenges that are stored were sent before. @see ChallengeLookups.end */
  | { readonly type: 'challenges_read'; readonly lookup: number }
  /** Reset what was counted and measured for the backend in this slot. */
  | { readonly type: 'reset_backend'; readonly id: number; readonly index: number }
  | { readonly type: 'talkers'; readonly id: number }
  | { readonly type: 'purge_caches'; readonly id: number; readonly purge: CachePurge }
  /** How its plugins do. */
  | { readonly type: 'plugins'; readonly id: number }
  /** What the thread would do with such a request. */
  | { readonly type: 'explain'; readonly id: number; readonly request: ExplainedRequest }
  /** Null: nothing is recorded any more; what was recorded has been sent when this is acknowledged. */
  | { readonly type: 'record'; readonly id: number; readonly recording: RecordingSpec | null }
  /** The last batch was taken, and the next one may come. */
  | { readonly type: 'batch_taken' }
  /** The control thread has taken a batch of this signal, and gives its memory back. */
  | { readonly type: 'telemetry_taken'; readonly signal: ThreadSignal; readonly memory: ArrayBuffer }
  /** `stop` will follow in `delayMs`; until then, requests are still answered. */
  | { readonly type: 'drain'; readonly delayMs: number }
  | { readonly type: 'stop'; readonly drainTimeoutMs: number };

export type FromThread =
  | { readonly type: 'listening'; readonly ports: ListenerPorts; readonly snapshot: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'ack'; readonly id: number }
  | { readonly type: 'talkers'; readonly id: number; readonly talkers: readonly Talker[] }
  /** How many stored answers were removed. */
  | { readonly type: 'caches_purged'; readonly id: number; readonly removed: number }
  | { readonly type: 'plugins'; readonly id: number; readonly states: readonly PluginState[] }
  | { readonly type: 'explained'; readonly id: number; readonly explanation: ThreadExplanation }
  /** What clients asked of their limits in a second; none without requests. */
  | { readonly type: 'demand'; readonly demand: SecondDemand }
  | { readonly type: 'recorded'; readonly batch: RecordedBatch }
  /** Spans, or lines of the log, to be exported; answered. */
  | { readonly type: 'telemetry'; readonly signal: ThreadSignal; readonly batch: OtlpBatch }
  | { readonly type: 'passive_errors'; readonly backendId: string }
  /** A client asks for a name without a certificate; answered. */
  | { readonly type: 'certificate_wanted'; readonly host: string }
  /** A client asks for a challenge that is not known; answered. */
  | { readonly type: 'challenge_missed'; readonly lookup: number }
  /** A token needs a key of this source that is not known; answered. */
  | { readonly type: 'keys_missed'; readonly source: string }
  /** A client is served a certificate on demand: said now and then. */
  | { readonly type: 'certificate_used'; readonly certificate: string }
  | { readonly type: 'stopped' };
