/** What the supervisor is given, and whom it calls. */
import type { Logger } from 'pino';
import type { SharedKeySet } from '../../auth/key-directory.ts';
import type { Challenge } from '../../acme/challenge.ts';
import type { SharedCertificate } from '../../certificates/shared-certificate.ts';
import type { LogSettings, RedisSettings, ServerSettings, TlsSettings } from '../../config/settings.ts';
import type { SecondDemand } from '../../limits/core/demand-history.ts';
import { type LogTarget } from '../../runtime/log-sink.ts';
import type { ClientUpdate } from '../../limits/quotas/client-quotas.ts';
import type { OtlpBatch } from '../../otlp/outbox.ts';
import type { RecordedBatch } from '../../recording/recording-spec.ts';
import type { SharedMemory } from '../shared-memory.ts';
import type { ThreadSignal } from '../messages.ts';

export type ThreadChange = 'stuck' | 'died' | 'back';

export interface SupervisorOptions {
  readonly log: Logger;
  readonly memory: SharedMemory;
  readonly server: ServerSettings;
  readonly tls: Pick<TlsSettings, 'port'> | null;
  /** Default: none. */
  readonly redis?: RedisSettings | null;
  readonly logSettings: LogSettings;
  readonly logTarget: LogTarget;
  /** Gets the lines of the threads, without newlines, if the target is a `worker`. */
  readonly onLogLine?: ((line: string) => void) | undefined;
  /** Name of this gateway in log lines; undefined: none. */
  readonly gateway?: string | undefined;
  /** The process runs nothing but the gateway. Default: false. */
  readonly isOwnProcess?: boolean | undefined;
  /** False: one thread only, because the platform cannot share a listening port. */
  readonly reusePort: boolean;
  readonly nowMs: () => number;
  /** What a new thread has to know about the clients. */
  readonly directory: () => readonly ClientUpdate[];
  /** What a new thread serves. */
  readonly certificates: () => readonly SharedCertificate[];
  /** What a new thread answers to authorities. Default: nothing. */
  readonly challenges?: () => readonly Challenge[];
  /** Public keys that verify tokens. Default: none. */
  readonly keySets?: () => readonly SharedKeySet[];
  readonly onThreadDied: (index: number) => void;
  readonly onPassiveErrors: (backendId: string) => void;
  readonly onDemand?: (demand: SecondDemand) => void;
  readonly onRecorded?: (batch: RecordedBatch) => void;
  /** Copies what it keeps of it. */
  readonly onTelemetry?: (signal: ThreadSignal, batch: OtlpBatch) => void;
  /** Resolves with how long the name need not be asked for again; 0: all threads serve it. Left out: a day. */
  readonly onCertificateWanted?: (host: string) => Promise<number>;
  /** Resolves when the threads have all challenges that are stored. Left out: there are none. */
  readonly onChallengeMissed?: () => Promise<void>;
  /** Resolves when the threads have what can be had of the source. Left out: nothing. */
  readonly onKeysMissed?: (source: string) => Promise<void>;
  /** @param id of a certificate on demand that a client is served */
  readonly onCertificateUsed?: (id: string) => void;
  /** A thread stalls, died unexpectedly, or runs again; `message` is for operators. */
  readonly onThreadChange?: (index: number, change: ThreadChange, message: string) => void;
}
