/** Whether the database answers. Listeners are called on changes only. */
export class Availability {
  #isAvailable = false;
  #lastFailure: unknown = undefined;
  readonly #listeners = new Set<(isAvailable: boolean) => void>();

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** The last cause of unavailability; undefined if nothing has failed yet. */
  get lastFailure(): unknown {
    return this.#lastFailure;
  }

  up(): void {
    this.#set(true);
  }

  down(failure: unknown): void {
    this.#lastFailure = failure;
    this.#set(false);
  }

  /** Returns a function that ends the subscription. */
  onChange(listener: (isAvailable: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(isAvailable: boolean): void {
    if (this.#isAvailable === isAvailable) return;
    this.#isAvailable = isAvailable;
    for (const listener of this.#listeners) listener(isAvailable);
  }
}
