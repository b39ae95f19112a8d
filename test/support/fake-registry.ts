/** A registry that keeps applied clients in a map. `fails` makes it reject; `held` delays it until resolved. */
import type { ClientRegistry, StoredClient } from '../../src/limits/client-store.ts';

export class FakeRegistry implements ClientRegistry {
  readonly live = new Map<string, StoredClient>();
  fails: Error | undefined;
  held: Promise<void> | undefined;

  async put(client: StoredClient): Promise<void> {
    await this.held;
    if (this.fails !== undefined) throw this.fails;
    this.live.set(client.key, client);
  }

  async remove(client: StoredClient): Promise<void> {
    await this.held;
    if (this.fails !== undefined) throw this.fails;
    this.live.delete(client.key);
  }

  level(key: string): number | null {
    return this.live.get(key)?.capacity ?? null;
  }
}
