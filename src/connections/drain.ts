/**
 * The time between the announcement of a stop and the stop: answers of HTTP/1 close their connections. Those that stay
 * idle, and all of HTTP/2, end one by one in the second half; in the first one, the balancer in front learns that it
 * should send nothing more, so that their clients do not come back to this gateway.
 */
import { afterPoll } from '../net/after-poll.ts';
import { repeat } from '../runtime/repeat.ts';

const EVERY_MS = 100;

/** What a traffic server can do for it. */
interface DrainedServer {
  drain(): void;
  /** Of connections that had a request; of HTTP/1, those that are idle. */
  endKept(isChosen: () => boolean): void;
}

/**
 * The probability with which such a connection ends in this round: over the second half, as many in each.
 *
 * @param leftMs until the stop
 */
export function closingChance(leftMs: number, delayMs: number, everyMs: number): number {
  if (leftMs > delayMs / 2) return 0;
  return leftMs <= everyMs ? 1 : everyMs / leftMs;
}

/** @returns ends it */
export function startDrain(
  server: DrainedServer,
  delayMs: number,
  { nowMs, random }: { readonly nowMs: () => number; readonly random: () => number },
): () => void {
  server.drain();
  const endMs = nowMs() + delayMs;
  const stop = repeat(() => {
    const chance = closingChance(endMs - nowMs(), delayMs, EVERY_MS);
    if (chance > 0) afterPoll(() => server.endKept(() => random() < chance));
  }, EVERY_MS);
  return () => void stop();
}
