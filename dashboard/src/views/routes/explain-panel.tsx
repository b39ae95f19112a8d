import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { USUAL_METHODS } from '../../../../src/net/core/net-vocabulary.ts';
import { errorText } from '../../api/api-error.ts';
import { explain, type ExplainedRequest } from '../../api/explain.ts';
import { Button } from '../../components/button.tsx';
import { Choice, Field } from '../../components/field.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { ExplainAnswer } from './explain-answer.tsx';

const METHODS = USUAL_METHODS.map((name) => [name, name] as const);

/** What would happen to a request that is described. */
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
    const url = partsOf(draft.url.trim());
    const headers = draft.headers.split('\n').filter((line) => line.trim() !== '');
    setAsked({ method: draft.method, ...url, headers, client: draft.client.trim() });
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
      {data && !error && <ExplainAnswer explained={data} />}
    </Panel>
  );
}

/** A URL, or a path alone. */
function partsOf(text: string): Pick<ExplainedRequest, 'scheme' | 'host' | 'path'> {
  const scheme = text.startsWith('https://') ? 'https' : 'http';
  if (text.startsWith('/')) return { scheme, host: '', path: text };
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  return url === null ? { scheme, host: '', path: text } : { scheme, host: url.host, path: url.pathname + url.search };
}
