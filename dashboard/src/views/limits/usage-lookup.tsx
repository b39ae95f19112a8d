import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { clientUsage } from '../../api/clients.ts';
import { SearchField } from '../../components/field.tsx';
import { Facts } from '../../components/figure.tsx';
import { Meter } from '../../components/meter.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { formatCount, formatDateTime, formatNumber, formatSeconds } from '../../format.ts';
import { useDelayed } from '../../hooks/use-delayed.ts';

/** What one caller has left, registered or not. */
export function UsageLookup() {
  const [text, setText] = useState('');
  const key = useDelayed(text.trim());
  const { data, error } = useQuery({
    queryKey: ['usage', key],
    queryFn: () => clientUsage(key),
    enabled: key !== '',
    refetchInterval: (query) => (query.state.status === 'error' ? false : 1000),
  });
  return (
    <Panel title="Look up a caller">
      <SearchField label="Client id, IP or CIDR" value={text} onChange={setText} />
      {key !== '' && error && (
        <div className="mt-3">
          <ErrorNote>{errorText(error)}</ErrorNote>
        </div>
      )}
      {key !== '' && data && (
        <div className="mt-3">
          <Facts
            items={[
              ['Client', `${data.key} (${data.registered ? 'registered' : 'default limit'})`],
              [
                'Left',
                <div className="flex justify-end">
                  <Meter
                    label={`Level of ${data.key}`}
                    value={data.tokens}
                    max={data.capacity}
                    text={`${formatNumber(data.tokens)} of ${formatNumber(data.capacity)}`}
                  />
                </div>,
              ],
              ['Full again in', formatSeconds(data.resets_in_seconds)],
              ...data.quotas.map(
                ({ route, per, used, requests, resets_at: end }) =>
                  [
                    `Quota a ${per}${route === null ? '' : `, route ${route}`}`,
                    `${formatCount(used)} of ${formatCount(requests)} used until ${formatDateTime(end)}`,
                  ] as const,
              ),
              ['Algorithm', data.algorithm],
              ['Counted as', data.counted_as ?? 'none: this id is not registered'],
            ]}
          />
        </div>
      )}
    </Panel>
  );
}
