import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { limits } from '../../api/limits.ts';
import { Field } from '../../components/field.tsx';
import { Panel } from '../../components/panel.tsx';
import { draftedLimit, type LimitDraft, limitDraft, LimitFields } from '../clients/limit-fields.tsx';
import { TryLimit } from '../clients/try-limit.tsx';

/** Tries another limit on the last hour, for a client or for all under the default limit. */
export function WhatIf() {
  const { data } = useQuery({ queryKey: ['limits'], queryFn: limits, refetchInterval: 1000 });
  const [key, setKey] = useState('');
  const [typed, setTyped] = useState<LimitDraft | null>(null);
  if (data === undefined) return <Panel title="What if">Loading…</Panel>;
  const draft = typed ?? limitDraft(data.default);
  return (
    <Panel title="What if">
      <div className="space-y-3">
        <Field
          label="Client"
          placeholder="all under the default limit"
          value={key}
          onChange={setKey}
          hint="Client id, IP or CIDR; empty: all clients without a limit of their own."
        />
        <LimitFields draft={draft} onChange={setTyped} />
        <TryLimit clientKey={key.trim()} limit={draftedLimit(draft)} />
      </div>
    </Panel>
  );
}
