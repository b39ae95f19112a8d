import { setTimeout as wait } from 'node:timers/promises';

const ASK_EVERY_MS = 50;

/** Polls until the condition is true. False: it was not within `timeoutMs`. A condition that throws is not met yet. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    if (await ask(condition)) return true;
    if (performance.now() > endMs) return false;
    await wait(ASK_EVERY_MS);
  }
}

async function ask(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await condition();
  } catch {
    return false;
  }
}
