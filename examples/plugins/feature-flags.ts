/**
 * Asks a service for the flags of a client and passes them to backends. The answer is kept for a while, and while the
 * service is away, requests go on without flags: set `on_error: skip`.
 */
import { definePlugin, Type } from 'sluice';

interface Flags {
  readonly text: string;
  readonly untilMs: number;
}

const MAX_CLIENTS = 10_000;

export default definePlugin({
  name: 'feature-flags',
  options: Type.Object({
    url: Type.String({
      pattern: '^https?://',
      description: 'Asked as `GET URL?client=ID`; answers a JSON list of names.',
    }),
    keep_ms: Type.Integer({ minimum: 0, default: 60_000 }),
  }),
  create({ options, clock, fetch, counters }) {
    // Of this thread only: each asks for itself.
    const known = new Map<string, Flags>();

    async function ask(client: string, signal: AbortSignal): Promise<string> {
      counters.add('asked');
      const answer = await fetch(`${options.url}?client=${encodeURIComponent(client)}`, { signal });
      if (!answer.ok) throw new Error(`the service of flags answered ${answer.status}`);
      const text = ((await answer.json()) as string[]).join(',');
      if (known.size >= MAX_CLIENTS) known.clear();
      known.set(client, { text, untilMs: clock.nowMs() + options.keep_ms });
      return text;
    }

    return {
      request({ client, headers, signal }) {
        // Never what the client says.
        headers.remove('x-flags');
        const name = client.id ?? client.address;
        const flags = known.get(name);
        if (flags !== undefined && flags.untilMs > clock.nowMs()) {
          headers.set('x-flags', flags.text);
          return;
        }
        return ask(name, signal).then((text) => headers.set('x-flags', text));
      },
    };
  },
});
