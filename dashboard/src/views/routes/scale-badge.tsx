import { useQuery } from '@tanstack/react-query';
import { scale } from '../../api/scale.ts';
import { Badge } from '../../components/state-badge.tsx';

/** How many replicas a pool has, and how many it should have. Nothing while that is not known. */
export function ScaleBadge({ pool }: { readonly pool: string }) {
  const { data } = useQuery({ queryKey: ['scale'], queryFn: scale, refetchInterval: 5000 });
  const advice = data?.pools.find((each) => each.pool === pool);
  if (advice === undefined) return null;
  const { present, wanted, reason } = advice;
  return (
    <span title={reason} data-scale={pool}>
      <Badge tone={wanted > present ? 'warn' : 'plain'}>
        {present} replicas, {wanted} wanted
      </Badge>
    </span>
  );
}
