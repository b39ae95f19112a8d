/** Refuses programs by their User-Agent, and counts whom it refused. In a dry run it only counts. */
import { definePlugin, Type } from 'sluice';

export default definePlugin({
  name: 'block-agents',
  options: Type.Object({
    patterns: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Parts of names, in any case.' }),
    dry_run: Type.Boolean({ default: false }),
  }),
  create({ options, counters, log }) {
    const patterns = options.patterns.map((pattern) => pattern.toLowerCase());
    return {
      request({ headers, client, answer }) {
        const agent = headers.get('user-agent')?.toLowerCase() ?? '';
        if (!patterns.some((pattern) => agent.includes(pattern))) return;
        counters.add('blocked');
        log.debug({ agent, client: client.address }, 'blocked');
        if (!options.dry_run) answer(403, 'Not for programs of this kind\n');
      },
    };
  },
});
