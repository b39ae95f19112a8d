/** What control thread and traffic threads say to each other. */
import type { LogSettings, ServerSettings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { DirectoryChange } from '../state/client-directory.ts';
import type { SharedMemory } from '../state/shared-memory.ts';

/** What a traffic thread is started with. */
export interface ThreadStart {
  readonly index: number;
  readonly memory: SharedMemory;
  readonly server: ServerSettings;
  readonly log: LogSettings;
  readonly snapshot: Snapshot;
  readonly reusePort: boolean;
}

/** Every message with an id is acknowledged when it is in force. */
export type ToThread =
  /** Comes when the thread knows all that it has to know; before it, nobody reaches the thread. */
  | { readonly type: 'listen'; readonly port: number }
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: 'clients'; readonly id: number; readonly changes: readonly DirectoryChange[] }
  | { readonly type: 'stop'; readonly drainTimeoutMs: number };

export type FromThread =
  | { readonly type: 'listening'; readonly port: number; readonly snapshot: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'ack'; readonly id: number }
  | { readonly type: 'passive_errors'; readonly backendId: string }
  | { readonly type: 'stopped' };
