/** Tells backends which tenant a request is for: the client that its API key names. Without one, it answers 401. */
import { definePlugin, Type } from 'sluice';

export default definePlugin({
  name: 'tenant',
  options: Type.Object({
    header: Type.String({ default: 'x-tenant', description: 'Header that carries the tenant.' }),
  }),
  create({ options, counters }) {
    return {
      request({ client, headers, answer }) {
        if (client.id === null) return answer(401, { error: 'An API key is required' });
        // Whatever the client sent under this name, in any spelling, is replaced.
        headers.set(options.header, client.id);
      },
      done({ status }) {
        if (status >= 500) counters.add('failures');
      },
    };
  },
});
