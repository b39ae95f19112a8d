import { useSyncExternalStore } from 'react';
import type { Backend, Frame } from '../api/types.ts';
import { liveStore, type LiveState } from './live-store.ts';
import type { BackendPoint } from './series.ts';

/** A part of what the stream said last. `select` must give the same object while nothing changed in it. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSyncExternalStore(liveStore.subscribe, () => select(liveStore.get()));
}

export function useFrame(): Frame | null {
  return useLive((state) => state.frame);
}

export function useBackend(id: string): Backend | undefined {
  return useLive((state) => state.frame?.backends.find((backend) => backend.id === id));
}

/** While `isSeen`; a card outside the window keeps what it has and is not drawn. */
export function useBackendSeries(id: string): readonly BackendPoint[] {
  return useSyncExternalStore(liveStore.subscribe, () => liveStore.series(id));
}
