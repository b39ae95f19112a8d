/** The policies that look at the body of one answer, and its recording. */
import type { BodyWatcher } from '../../routing/body-watcher.ts';
import type { AnswerWatch } from '../../routing/route-policies.ts';
import type { ForwardedExchange } from '../forwarded-exchange.ts';

export class BodyWatchers {
  #watchers: readonly BodyWatcher[];

  private constructor(watchers: readonly BodyWatcher[]) {
    this.#watchers = watchers;
  }

  /** Null: none of them wants to see it. */
  static of(
    watches: readonly AnswerWatch[] | null,
    fields: readonly string[],
    exchange: ForwardedExchange,
    keeper: BodyWatcher | null,
  ): BodyWatchers | null {
    const { recording } = exchange;
    const all = recording === null ? watches : [...(watches ?? []), recording];
    if (all === null) return keeper === null ? null : new BodyWatchers([keeper]);
    const watchers = all.map((each) => each.watch(fields, exchange.status, exchange)).filter((each) => each !== null);
    if (keeper !== null) watchers.push(keeper);
    return watchers.length === 0 ? null : new BodyWatchers(watchers);
  }

  onChunk(bytes: Buffer): void {
    for (const watcher of this.#watchers) watcher.onChunk(bytes);
  }

  onEnd(trailers: readonly string[]): void {
    for (const watcher of this.#release()) watcher.onEnd(trailers);
  }

  /** Nothing happens if it has ended. */
  onCut(): void {
    for (const watcher of this.#release()) watcher.onCut();
  }

  #release(): readonly BodyWatcher[] {
    const watchers = this.#watchers;
    this.#watchers = [];
    return watchers;
  }
}
