import { useQueryClient } from '@tanstack/react-query';
import { createClient, deleteClient, limitOf } from '../../api/clients.ts';
import type { Client } from '../../api/types.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useToasts } from '../../components/toasts.tsx';

export function DeleteClient({ client, onClose }: { readonly client: Client; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const toast = useToasts();
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['clients'] });
  const { key, client_id: clientId, ip_address: address, name, enabled, quotas } = client;

  const again = async (): Promise<void> => {
    const identity = clientId === undefined ? { ip_address: address ?? key } : { client_id: clientId };
    await createClient(identity, { ...limitOf(client), name, enabled, quotas });
    await changed();
  };
  const remove = async (): Promise<void> => {
    await deleteClient(key);
    await changed();
    // A key cannot be restored: only its hash was stored.
    toast.done(
      `${key} deleted`,
      client.has_api_key ? undefined : () => void again().catch((error: unknown) => toast.failed(error)),
    );
  };
  return (
    <Confirm title={`Delete ${key}?`} action="Delete" isDanger onConfirm={remove} onClose={onClose}>
      <p>The default limit applies to it from then on.</p>
      {client.has_api_key && <p>Its API key is deleted and cannot be restored.</p>}
    </Confirm>
  );
}
