import { useEffect } from 'react';
import { metricsHistory } from '../api/history.ts';
import type { Frame } from '../api/types.ts';
import { liveStore } from './live-store.ts';
import { pastTotal } from './series.ts';
import { MetricsStream } from './stream.ts';

/** Feeds the live store as long as the component is there. `onRefused` should find out whether the token is still good. */
export function useStream(token: string | null, onRefused: () => void): void {
  useEffect(() => {
    const stream = new MetricsStream({
      token,
      onRefused,
      onLink: (link) => liveStore.setLink(link),
      onFrame: (frame: Frame) => {
        liveStore.take(frame);
        // A connection that is new: what happened before it is missing.
        if (frame.type === 'snapshot') void fillPast();
      },
    });
    stream.start();
    return () => {
      stream.stop();
      liveStore.clear();
    };
  }, [token, onRefused]);
}

async function fillPast(): Promise<void> {
  const past = await metricsHistory('60s').catch(() => null);
  if (past !== null) liveStore.remember(past.points.map(pastTotal));
}
