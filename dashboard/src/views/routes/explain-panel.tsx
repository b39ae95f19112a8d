import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { explain, type ExplainedRequest, type Explanation } from '../../api/explain.ts';
import { Button } from '../../components/button.tsx';
import { Choice, Field } from '../../components/field.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { formatNumber } from '../../format.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((name) => [name, name] as const);

/** Which route a request takes, and why not the others. */
export function ExplainPanel() {
  const [draft, setDraft] = useState({ method: 'GET', url: '', headers: '', client: '' });
  const [asked, setAsked] = useState<ExplainedRequest | null>(null);
  const { data, error, isFetching } = useQuery({
    queryKey: ['explain', asked],
    queryFn: () => explain(asked!),
    enabled: asked !== null,
    retry: false,
  });
  const set = (key: keyof typeof draft) => (value: string) => setDraft({ ...draft, [key]: value });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const { host, path } = partsOf(draft.url.trim());
    const headers = draft.headers.split('\n').filter((line) => line.trim() !== '');
    setAsked({ method: draft.method, host, path, headers, client: draft.client.trim() });
  };
  return (
    <Panel title="Explain a request">
      <form className="grid gap-3 sm:grid-cols-[8rem_1fr_12rem]" onSubmit={submit}>
        <Choice label="Method" options={METHODS} value={draft.method} onChange={set('method')} />
        <Field
          label="URL"
          placeholder="https://shop.example/api/x?y=1"
          value={draft.url}
          onChange={set('url')}
          required
        />
        <Field label="Client" placeholder="127.0.0.1" value={draft.client} onChange={set('client')} />
        <label className="text-sm font-medium sm:col-span-3">
          Header fields
          <textarea
            className="field mt-1 font-mono text-sm"
            rows={2}
            placeholder="x-version: 2"
            value={draft.headers}
            onChange={(event) => set('headers')(event.target.value)}
          />
        </label>
        <div className="sm:col-span-3">
          <Button type="submit" isBusy={isFetching}>
            Explain
          </Button>
        </div>
      </form>
      {error && (
        <div className="mt-3">
          <ErrorNote>{errorText(error)}</ErrorNote>
        </div>
      )}
      {data && !error && <Answer explained={data} />}
    </Panel>
  );
}

function Answer({ explained }: { readonly explained: Explanation }) {
  const { route, error, verdicts, routes_total: total, client, admission, cost, limits, pools } = explained;
  return (
    <div role="status" data-explanation className="mt-4 space-y-3 text-sm">
      <p className="font-semibold">
        {route === null ? `No route: ${error ?? 'none matches'}` : `Takes the route ${route}`}
      </p>
      <ul className="space-y-1 rounded-md bg-sunken px-3 py-2">
        {verdicts.map((verdict) => (
          <li key={verdict.route} className="break-words">
            <span className={verdict.taken ? 'font-semibold' : ''}>{verdict.route}</span>
            <span className="text-muted"> {verdict.reason}</span>
          </li>
        ))}
        {total > verdicts.length && <li className="text-muted">and {total - verdicts.length} more routes</li>}
      </ul>
      <p>
        Client {client.key}, counted as {client.counted_as ?? 'nobody'}
        {admission === 'denied' && '; refused: its address is on the denylist'}
        {admission === 'allowed' && '; not limited: its address is on the allowlist'}
      </p>
      {limits.map(({ limit, policy, tokens, would_refuse: isRefused }) => (
        <p key={limit}>
          Limit {limit}: {formatNumber(tokens)} of {formatNumber(policy.capacity)} left, costs {cost}
          {isRefused && '; would be refused'}
        </p>
      ))}
      {pools.map(({ name, algorithm, backends }) => (
        <p key={name}>
          Pool {name}, {algorithm}:{' '}
          {backends
            .map(({ id, available, reason }) => (available ? id : `${id} (${reason ?? 'unavailable'})`))
            .join(', ')}
        </p>
      ))}
    </div>
  );
}

/** A URL, or a path alone. */
function partsOf(text: string): { readonly host: string; readonly path: string } {
  if (text.startsWith('/')) return { host: '', path: text };
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  return url === null ? { host: '', path: text } : { host: url.host, path: url.pathname + url.search };
}
