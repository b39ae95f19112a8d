import { useEffect } from 'react';
import { metricsHistory } from '../api/history.ts';
import type { Frame } from '../api/types.ts';
import { liveStore } from './live-store.ts';
import { pastTotal } from './live-points.ts';
import { MetricsStream } from './stream.ts';

let running: MetricsStream | null = null;

/** Without waiting for the next attempt. */
export function reconnectNow(): void {
  running?.retryNow();
}

/** Feeds the live store while the component is mounted. `onRefused` should check whether the token is still valid. */
export function useStream(token: string | null, onRefused: () => void): void {
  useEffect(() => {
    const stream = new MetricsStream({
      token,
      onRefused,
      onLink: (link) => liveStore.setLink(link),
      onFrame: (frame: Frame) => {
        liveStore.take(frame);
        // A new connection: earlier data is missing.
        if (frame.type === 'snapshot') void fillPast();
      },
    });
    stream.start();
    running = stream;
    return () => {
      running = null;
      stream.stop();
      liveStore.clear();
    };
  }, [token, onRefused]);
}

async function fillPast(): Promise<void> {
  const past = await metricsHistory('60s').catch(() => null);
  if (past !== null) liveStore.remember(past.points.map(pastTotal));
}
