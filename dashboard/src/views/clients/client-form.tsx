import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeClient, createClient, type ClientSettings } from '../../api/clients.ts';
import type { Client } from '../../api/types.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Check, Choice, Field } from '../../components/field.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { draftedLimit, limitDraft, LimitFields } from './limit-fields.tsx';
import { TryLimit } from './try-limit.tsx';

export interface ClientFormProps {
  /** Null: a new one. */
  readonly client: Client | null;
  readonly onSaved: (client: Client) => void;
  readonly onClose: () => void;
}

const QUOTA_HINT = 'Quotas of its own; without one, that of the configuration applies.';

export function ClientForm({ client, onSaved, onClose }: ClientFormProps) {
  const [kind, setKind] = useState('client_id');
  const [key, setKey] = useState('');
  const [name, setName] = useState(client?.name ?? '');
  const [draft, setDraft] = useState(limitDraft(client));
  const [day, setDay] = useState(requestsText(client?.quotas.day));
  const [month, setMonth] = useState(requestsText(client?.quotas.month));
  const [isEnabled, setEnabled] = useState(client?.enabled ?? true);
  const [apiKey, setApiKey] = useState('keep');
  const queries = useQueryClient();
  const toast = useToasts();

  const limit = draftedLimit(draft);

  const save = async (): Promise<void> => {
    const settings: ClientSettings = {
      ...limit,
      name: name === '' ? null : name,
      enabled: isEnabled,
      quotas: { day: requestsIn(day), month: requestsIn(month) },
      ...(apiKey === 'keep' ? {} : { api_key: apiKey === 'new' }),
    };
    const identity = kind === 'client_id' ? { client_id: key } : { ip_address: key };
    const saved = client === null ? await createClient(identity, settings) : await changeClient(client, settings);
    await queries.invalidateQueries({ queryKey: ['clients'] });
    toast.done(`${saved.key} ${client === null ? 'created' : 'changed'}`);
    onSaved(saved);
  };

  return (
    <Confirm
      title={client === null ? 'New client' : `Client ${client.key}`}
      action={client === null ? 'Create' : 'Save'}
      onConfirm={save}
      onClose={onClose}
    >
      {client === null && (
        <div className="grid grid-cols-[auto_1fr] gap-3">
          <Choice
            label="Known by"
            value={kind}
            onChange={setKind}
            options={[
              ['client_id', 'Client id'],
              ['ip_address', 'IP or CIDR'],
            ]}
          />
          <Field
            label={kind === 'client_id' ? 'X-Client-ID' : 'Address'}
            required
            placeholder={kind === 'client_id' ? 'mobile-app' : '10.0.0.0/8'}
            value={key}
            onChange={setKey}
          />
        </div>
      )}
      <Field label="Name" value={name} onChange={setName} hint="Display name; optional." />
      <LimitFields draft={draft} onChange={setDraft} />
      {client !== null && <TryLimit clientKey={client.key} limit={limit} />}
      <div className="grid grid-cols-2 gap-3">
        <Field label="Requests a day" type="number" min={1} step={1} value={day} onChange={setDay} hint={QUOTA_HINT} />
        <Field label="Requests a month" type="number" min={1} step={1} value={month} onChange={setMonth} />
      </div>
      <Check label="Enabled" checked={isEnabled} onChange={(event) => setEnabled(event.target.checked)} />
      <Choice
        label="API key"
        value={apiKey}
        onChange={setApiKey}
        options={[
          ['keep', client?.has_api_key === true ? 'Keep the current one' : 'None'],
          ['new', client?.has_api_key === true ? 'Create a new one; the old one stops working' : 'Make one'],
          ...(client?.has_api_key === true ? ([['none', 'Remove it']] as const) : []),
        ]}
      />
    </Confirm>
  );
}

function requestsText(requests: number | null | undefined): string {
  return requests === null || requests === undefined ? '' : String(requests);
}

/** Null: no quota of its own. */
function requestsIn(text: string): number | null {
  return text === '' ? null : Number(text);
}
