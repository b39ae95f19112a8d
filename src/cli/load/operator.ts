import { callAdmin, type AdminAddress } from '../admin-api.ts';
import { CommandFailure } from '../read-words.ts';
import type { BackendView } from '../../backends/api/backend-view.ts';
import type { Operator } from './profile.ts';

/** Through the admin API. Its calls throw a CommandFailure. */
function operatorAt(address: AdminAddress): Operator {
  return {
    backends: async () => (await callAdmin<BackendView[]>(address, 'GET', '/v1/api/backends')).body,
    createClient: async (id, capacity, ratePerSecond) => {
      const body = { client_id: id, capacity, rate_per_second: ratePerSecond, name: 'made by sluice load' };
      await callAdmin(address, 'POST', '/v1/api/clients', body);
    },
    deleteClient: async (id) => void (await callAdmin(address, 'DELETE', `/v1/api/clients/${encodeURIComponent(id)}`)),
    algorithmOf: async (pool) => {
      const { body } = await callAdmin<{ settings?: { pools?: Record<string, { algorithm?: string }> } }>(
        address,
        'GET',
        '/v1/api/config',
      );
      return body.settings?.pools?.[pool]?.algorithm ?? null;
    },
  };
}

/** The operator, or why there is none. */
export async function findOperator(address: AdminAddress): Promise<Operator | string> {
  const operator = operatorAt(address);
  try {
    await operator.backends();
    return operator;
  } catch (error) {
    if (error instanceof CommandFailure) return error.message;
    throw error;
  }
}
