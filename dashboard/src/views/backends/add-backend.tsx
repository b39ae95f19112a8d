import { useState } from 'react';
import { createBackend } from '../../api/backends.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Choice, Field } from '../../components/field.tsx';
import { useToasts } from '../../components/toasts.tsx';

export function AddBackend({ pools, onClose }: { readonly pools: readonly string[]; readonly onClose: () => void }) {
  const [pool, setPool] = useState(pools[0] ?? '');
  const [url, setUrl] = useState('');
  const [id, setId] = useState('');
  const [weight, setWeight] = useState('1');
  const toast = useToasts();
  const add = async (): Promise<void> => {
    const made = await createBackend({ pool, url, weight: Number(weight), ...(id === '' ? {} : { id }) });
    toast.done(`${made.id} added to ${pool}`);
  };
  return (
    <Confirm title="Add a backend" action="Add" onConfirm={add} onClose={onClose}>
      <Choice label="Pool" options={pools.map((name) => [name, name])} value={pool} onChange={setPool} />
      <Field label="URL" type="url" required placeholder="http://10.0.0.5:8080" value={url} onChange={setUrl} />
      <Field label="Id" value={id} onChange={setId} hint="Default: derived from pool and address." />
      <Field label="Weight" type="number" min={1} step={1} required value={weight} onChange={setWeight} />
    </Confirm>
  );
}
