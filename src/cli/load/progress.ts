/** The progress bar's text: pure, so that it can be tested. */

export interface Progress {
  readonly named: string;
  readonly answers: number;
  readonly elapsedMs: number;
  /** What ends the burst. */
  readonly requests?: number | undefined;
  readonly durationMs?: number | undefined;
}

const WIDTH = 30;

export function progressLine({ named, answers, elapsedMs, requests, durationMs }: Progress): string {
  const share = requests === undefined ? elapsedMs / (durationMs ?? 1) : answers / requests;
  const done = Math.max(0, Math.min(1, share));
  const filled = Math.round(done * WIDTH);
  const percent = String(Math.floor(done * 100)).padStart(3);
  return `${named.padEnd(12)} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${percent} %  ${answers} answers`;
}
