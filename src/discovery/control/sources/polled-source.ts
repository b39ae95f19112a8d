/** A source that is asked again and again, at once and then whenever the last answer says. */
import { fullJitterMs } from '../../../core/backoff.ts';
import type { Member } from '../../core/member.ts';
import type { Source, SourcePorts } from '../source.ts';

export interface PolledList {
  readonly members: readonly Member[];
  readonly refused: readonly string[];
  /** Until it is asked again. */
  readonly nextMs: number;
}

/** Rejects with a reason for operators: nothing is known then. @param signal aborts when the source stops */
export type Ask = (signal: AbortSignal) => Promise<PolledList>;

const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** After failures, it is asked again after up to 1 s, doubling to 30 s, at random. */
export function createPolledSource(isStrong: boolean, ask: Ask, ports: SourcePorts): Source {
  const { report, schedule, random } = ports;
  let stopping: AbortController | null = null;
  let cancelNext = (): void => {};
  let failures = 0;

  const round = async (own: AbortController): Promise<void> => {
    let nextMs: number;
    try {
      const list = await ask(own.signal);
      if (own.signal.aborted) return;
      ({ nextMs } = list);
      failures = 0;
      report({ kind: 'list', members: list.members, refused: list.refused });
    } catch (error) {
      if (own.signal.aborted) return;
      nextMs = fullJitterMs(failures, RETRY_MS, MAX_RETRY_MS, random());
      failures += 1;
      report({ kind: 'failed', reason: (error as Error).message });
    }
    // The report may have stopped it.
    if (!own.signal.aborted) cancelNext = schedule(() => void round(own), nextMs);
  };

  return {
    isStrong,
    start: () => {
      stopping = new AbortController();
      void round(stopping);
    },
    stop: () => {
      stopping?.abort();
      cancelNext();
    },
  };
}
