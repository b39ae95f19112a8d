/** A new configuration: pasted, or the current file; its differences are shown before it is applied. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { applyConfiguration, checkConfiguration, reloadConfiguration, type Plan } from '../../api/config.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { WATCH_SECONDS } from '../../../../src/reload/core/reload-vocabulary.ts';
import { DifferenceList } from './difference-list.tsx';
import { WatchChoice } from './watch-choice.tsx';

type Source = 'text' | 'file';

interface Checked {
  readonly source: Source;
  readonly plan: Plan;
}

interface NewConfigurationProps {
  readonly file: string | null;
  /** Why the file cannot be written; null: it can. */
  readonly readOnly: string | null;
  /** A text, which is YAML, cannot be compared with it. */
  readonly isCode: boolean;
}

export function NewConfiguration({ file, readOnly, isCode }: NewConfigurationProps) {
  const [text, setText] = useState('');
  const [checked, setChecked] = useState<Checked | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [watchSeconds, setWatchSeconds] = useState<number>(WATCH_SECONDS.default);
  const queries = useQueryClient();
  const toast = useToasts();

  const check = (source: Source): void => {
    setProblem(null);
    setChecked(null);
    checkConfiguration(source === 'text' ? text : undefined)
      .then((plan) => setChecked({ source, plan }))
      .catch((error: unknown) => setProblem(errorText(error)));
  };
  const apply = async (): Promise<void> => {
    const planId = checked?.plan.plan_id ?? null;
    const { result, version, number } =
      planId === null ? await reloadConfiguration(watchSeconds) : await applyConfiguration(text, planId, watchSeconds);
    toast.done(result === 'applied' ? `Version ${number ?? version} applies on every thread` : 'Nothing changed');
    setChecked(null);
    setText('');
    await queries.invalidateQueries({ queryKey: ['config'] });
  };
  return (
    <Panel title="Change">
      {readOnly !== null && <p className="mb-2 text-sm text-muted">{readOnly}.</p>}
      {!isCode && (
        <>
          <label htmlFor="new-configuration" className="mb-1 block text-sm font-medium">
            New configuration
          </label>
          <textarea
            id="new-configuration"
            rows={10}
            spellCheck={false}
            value={text}
            placeholder="Paste the whole file: YAML or JSON"
            onChange={(event) => {
              setText(event.target.value);
              setChecked(null);
            }}
            className="field font-mono text-xs"
          />
        </>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        {!isCode && (
          <Button disabled={text.trim() === ''} onClick={() => check('text')}>
            Check this text
          </Button>
        )}
        <Button disabled={file === null} onClick={() => check('file')}>
          Check the file again
        </Button>
      </div>
      <div className="mt-3 space-y-3 empty:hidden">
        {problem !== null && <ErrorNote>{problem}</ErrorNote>}
        {checked && <DifferenceList difference={checked.plan} />}
        {checked && (checked.plan.changes.length > 0 || checked.source === 'text') && (
          <Button look="main" disabled={checked.source === 'text' && readOnly !== null} onClick={() => setAsked(true)}>
            {checked.source === 'text' ? 'Write and apply…' : 'Apply…'}
          </Button>
        )}
      </div>
      {isAsked && checked && (
        <Confirm title="Apply this configuration?" action="Apply" onConfirm={apply} onClose={() => setAsked(false)}>
          <DifferenceList difference={checked.plan} />
          {checked.source === 'text' && (
            <p className="text-sm text-muted">
              {file} will be overwritten. The current file is kept as {file}.bak.
            </p>
          )}
          {!isCode && <WatchChoice seconds={watchSeconds} onChange={setWatchSeconds} />}
        </Confirm>
      )}
    </Panel>
  );
}
