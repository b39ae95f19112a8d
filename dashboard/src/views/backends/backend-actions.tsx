import { useState } from 'react';
import { actOnBackend, changeWeight, deleteBackend, resetCircuit, type BackendAction } from '../../api/backends.ts';
import type { Backend } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { Field } from '../../components/field.tsx';
import { useToasts } from '../../components/toasts.tsx';

type Asked = 'drain' | 'disable' | 'weight' | 'circuit' | 'delete';

/** Actions that one click undoes need no confirmation; those that take traffic away do. */
export function BackendActions({ backend }: { readonly backend: Backend }) {
  const { id, enabled, draining, circuit, source, overrides } = backend;
  const [asked, setAsked] = useState<Asked | null>(null);
  const toast = useToasts();
  const act = (action: BackendAction, text: string, undo?: BackendAction) => async (): Promise<void> => {
    await actOnBackend(id, action);
    const back = undo && (() => void actOnBackend(id, undo).catch((error: unknown) => toast.failed(error)));
    toast.done(`${id}: ${text}`, back);
  };
  const now = (run: () => Promise<void>) => () => void run().catch((error: unknown) => toast.failed(error));
  const close = (): void => setAsked(null);
  const isRemovable = source === 'api' || overrides.length > 0;
  return (
    <div className="flex flex-wrap gap-1.5">
      {draining ? (
        <Button onClick={now(act('undrain', 'gets requests again', 'drain'))}>End drain</Button>
      ) : (
        <Button onClick={() => setAsked('drain')}>Drain</Button>
      )}
      {enabled ? (
        <Button onClick={() => setAsked('disable')}>Disable</Button>
      ) : (
        <Button onClick={now(act('enable', 'enabled', 'disable'))}>Enable</Button>
      )}
      <Button onClick={() => setAsked('weight')}>Weight</Button>
      {circuit !== 'closed' && <Button onClick={() => setAsked('circuit')}>Reset circuit</Button>}
      {isRemovable && (
        <Button onClick={() => setAsked('delete')}>
          {source === 'api' ? 'Remove' : source === 'file' ? 'As in the file' : 'As discovered'}
        </Button>
      )}
      {asked === 'drain' && (
        <Confirm title={`Drain ${id}?`} action="Drain" onConfirm={act('drain', 'drains', 'undrain')} onClose={close}>
          <p>It gets no new requests. The {backend.in_flight} that run on it may finish; sticky clients stay.</p>
        </Confirm>
      )}
      {asked === 'disable' && (
        <Confirm
          title={`Disable ${id}?`}
          action="Disable"
          isDanger
          onConfirm={act('disable', 'disabled', 'enable')}
          onClose={close}
        >
          <p>It gets no requests until it is enabled again. Requests in flight may finish.</p>
        </Confirm>
      )}
      {asked === 'circuit' && (
        <Confirm
          title={`Reset the circuit of ${id}?`}
          action="Reset"
          onClose={close}
          onConfirm={async () => {
            await resetCircuit(id);
            toast.done(`${id}: circuit closed`);
          }}
        >
          <p>It closes at once and gets requests again, whether or not it has recovered.</p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title={source === 'api' ? `Remove ${id}?` : `Take back the changes of ${id}?`}
          action={source === 'api' ? 'Remove' : 'Take back'}
          isDanger
          onClose={close}
          onConfirm={async () => {
            await deleteBackend(id);
            toast.done(source === 'api' ? `${id} removed` : `${id}: overrides removed`);
          }}
        >
          <p>
            {source === 'api'
              ? 'It was added here and is in no file: its settings are gone then.'
              : `${source === 'file' ? 'The file’s' : 'The discovered'} values of ${overrides.join(', ')} will apply again.`}
          </p>
        </Confirm>
      )}
      {asked === 'weight' && <WeightDialog backend={backend} onClose={close} />}
    </div>
  );
}

function WeightDialog({
  backend: { id, weight },
  onClose,
}: {
  readonly backend: Backend;
  readonly onClose: () => void;
}) {
  const [text, setText] = useState(String(weight));
  const toast = useToasts();
  const change = async (): Promise<void> => {
    await changeWeight(id, Number(text));
    const back = (): void => void changeWeight(id, weight).catch((error: unknown) => toast.failed(error));
    toast.done(`${id}: weight ${text}, was ${weight}`, back);
  };
  return (
    <Confirm title={`Weight of ${id}`} action="Set weight" onConfirm={change} onClose={onClose}>
      <Field
        label="Weight"
        type="number"
        required
        min={1}
        step={1}
        value={text}
        onChange={setText}
        hint="Its share of the requests, in proportion to the weights of the others in its pool."
      />
    </Confirm>
  );
}
