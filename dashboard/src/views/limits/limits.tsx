import { ViewHead } from '../../components/panel.tsx';
import { TopTalkers } from '../clients/top-talkers.tsx';
import { CircuitTable } from './circuit-table.tsx';
import { LimiterPanel } from './limiter-panel.tsx';
import { SharingBanner } from './sharing-banner.tsx';
import { UsageLookup } from './usage-lookup.tsx';
import { WhatIf } from './what-if.tsx';

export default function Limits() {
  return (
    <>
      <ViewHead title="Limits & circuits" />
      <SharingBanner />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <LimiterPanel />
        <div className="space-y-4">
          <UsageLookup />
          <WhatIf />
          <TopTalkers />
        </div>
      </div>
      <CircuitTable />
    </>
  );
}
