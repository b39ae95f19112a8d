import { useSyncExternalStore } from 'react';
import type { Backend, Frame } from '../api/types.ts';
import { liveStore, type LiveState } from './live-store.ts';
import type { BackendPoint } from './live-points.ts';

/** A part of the latest data of the stream. `select` must return the same object while nothing in it has changed. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSyncExternalStore(liveStore.subscribe, () => select(liveStore.get()));
}

export function useFrame(): Frame | null {
  return useLive((state) => state.frame);
}

export function useBackend(id: string): Backend | undefined {
  return useLive((state) => state.frame?.backends.find((backend) => backend.id === id));
}

/** While `isSeen`; a card outside the viewport keeps its data and is not redrawn. */
export function useBackendSeries(id: string): readonly BackendPoint[] {
  return useSyncExternalStore(liveStore.subscribe, () => liveStore.series(id));
}
