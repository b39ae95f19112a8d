import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DEFAULT_WINDOW_SECONDS } from '../../../../src/limits/core/limits-vocabulary.ts';
import { changeClient, createClient, type ClientLimit, type ClientSettings } from '../../api/clients.ts';
import type { Client } from '../../api/types.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Check, Choice, Field } from '../../components/field.tsx';
import { useToasts } from '../../components/toasts.tsx';

export interface ClientFormProps {
  /** Null: a new one. */
  readonly client: Client | null;
  readonly onSaved: (client: Client) => void;
  readonly onClose: () => void;
}

export function ClientForm({ client, onSaved, onClose }: ClientFormProps) {
  const [kind, setKind] = useState('client_id');
  const [key, setKey] = useState('');
  const [name, setName] = useState(client?.name ?? '');
  const [capacity, setCapacity] = useState(String(client?.capacity ?? 100));
  const [rate, setRate] = useState(String(client?.rate_per_second ?? 10));
  const [algorithm, setAlgorithm] = useState(client?.algorithm ?? 'token-bucket');
  const [seconds, setSeconds] = useState(String(client?.window_seconds ?? DEFAULT_WINDOW_SECONDS));
  const [isEnabled, setEnabled] = useState(client?.enabled ?? true);
  const [apiKey, setApiKey] = useState('keep');
  const queries = useQueryClient();
  const toast = useToasts();

  const save = async (): Promise<void> => {
    const limit: ClientLimit =
      algorithm === 'sliding-window'
        ? { algorithm, capacity: Number(capacity), window_seconds: Number(seconds) }
        : { algorithm, capacity: Number(capacity), rate_per_second: Number(rate) };
    const settings: ClientSettings = {
      ...limit,
      name: name === '' ? null : name,
      enabled: isEnabled,
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
      <Choice
        label="Algorithm"
        value={algorithm}
        onChange={(chosen) => setAlgorithm(chosen as typeof algorithm)}
        options={[
          ['token-bucket', 'Token bucket: a burst, then a steady rate'],
          ['sliding-window', 'Sliding window: a maximum in any period'],
        ]}
      />
      <div className="grid grid-cols-2 gap-3">
        <Field
          label="Capacity"
          type="number"
          required
          min={1}
          step="any"
          value={capacity}
          onChange={setCapacity}
          hint={algorithm === 'token-bucket' ? 'Largest burst, in requests.' : 'Requests in any window.'}
        />
        {algorithm === 'token-bucket' ? (
          <Field
            label="Rate per second"
            type="number"
            required
            min={0}
            step="any"
            value={rate}
            onChange={setRate}
            hint="Refill rate, in requests per second."
          />
        ) : (
          <Field
            label="Window"
            type="number"
            required
            min={0}
            step="any"
            value={seconds}
            onChange={setSeconds}
            hint="Seconds."
          />
        )}
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
