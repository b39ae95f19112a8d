/** Changes of the configuration, and what went wrong, as marks in the charts. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { eventText } from '../events/timeline.ts';
import { events } from '../../api/events.ts';
import type { ChartMark } from '../../charts/chart-view.ts';

const ASKED = 100;

export function useEventMarks(): readonly ChartMark[] {
  const { data } = useQuery({
    queryKey: ['events', 'marks'],
    queryFn: () => events(ASKED),
    refetchInterval: 5000,
  });
  return useMemo(
    () =>
      (data?.items ?? []).flatMap(({ at, kind, severity, subject, message }) => {
        if (kind !== 'configuration' && severity !== 'error') return [];
        const color = severity === 'error' ? '--bad' : '--accent';
        return [{ at: Date.parse(at) / 1000, color, text: eventText(subject, message) }];
      }),
    [data],
  );
}
