/** A new configuration: the text that applies, edited and checked meanwhile; its differences are shown before it is applied. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import {
  applyConfiguration,
  checkConfiguration,
  configurationText,
  reloadConfiguration,
  type Plan,
} from '../../api/config.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { WATCH_SECONDS } from '../../../../src/reload/core/reload-vocabulary.ts';
import { DifferenceList } from './difference-list.tsx';
import { LineDifference } from './line-difference.tsx';
import { lineEndOf, withLineEnds } from './line-ends.ts';
import { ProblemList } from './problem-list.tsx';
import { TextEditor, type TextEditorHandle } from './text-editor.tsx';
import { useTextCheck } from './use-text-check.ts';
import { WatchChoice } from './watch-choice.tsx';

interface NewConfigurationProps {
  readonly file: string | null;
  /** Why the file cannot be written; null: it can. */
  readonly readOnly: string | null;
  /** A text, which is YAML, cannot be compared with it. */
  readonly isCode: boolean;
  /** Number of the current one. */
  readonly snapshot: number;
}

export function NewConfiguration({ file, readOnly, isCode, snapshot }: NewConfigurationProps) {
  /** Null: as it is. */
  const [edited, setEdited] = useState<{ readonly text: string; readonly from: number | null } | null>(null);
  /** Of the file itself. */
  const [filePlan, setFilePlan] = useState<Plan | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [watchSeconds, setWatchSeconds] = useState<number>(WATCH_SECONDS.default);
  const editor = useRef<TextEditorHandle>(null);
  const statusId = useId();
  const queries = useQueryClient();
  const toast = useToasts();
  const { data: current } = useQuery({
    queryKey: ['config', 'text', snapshot],
    queryFn: configurationText,
    enabled: !isCode,
    placeholderData: (before) => before,
  });

  const base = current?.text ?? '';
  const text = edited?.text ?? base;
  const isEdited = edited !== null && edited.text !== base;
  const check = useTextCheck(isEdited ? text : null, snapshot);
  const plan = filePlan ?? (check.kind === 'valid' ? check.plan : null);
  const problems = check.kind === 'invalid' ? check.problems : [];
  const marks = problems.flatMap(({ line, message }) => (line === null ? [] : [{ line, message }]));

  const checkFile = (): void => {
    setProblem(null);
    setFilePlan(null);
    checkConfiguration()
      .then(setFilePlan)
      .catch((error: unknown) => setProblem(errorText(error)));
  };
  const apply = async (): Promise<void> => {
    const planId = plan?.plan_id ?? null;
    const { result, version, number } =
      planId === null ? await reloadConfiguration(watchSeconds) : await applyConfiguration(text, planId, watchSeconds);
    toast.done(result === 'applied' ? `Version ${number ?? version} applies on every thread` : 'Nothing changed');
    setFilePlan(null);
    if (planId !== null) setEdited(null);
    await queries.invalidateQueries({ queryKey: ['config'] });
  };
  const isOfText = filePlan === null;
  return (
    <Panel title="Change">
      <div className="space-y-3">
        {readOnly !== null && (
          <p role="note" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn" data-read-only>
            {readOnly}.{!isCode && ' Here, you can edit, check and copy the text.'}
            {!isCode && file !== null && ' Apply it by changing the file at its source.'}
          </p>
        )}
        {!isCode && current !== undefined && (
          <>
            <TextEditor
              ref={editor}
              label={file === null ? 'Configuration to check' : 'Configuration'}
              value={withLineEnds(text, '\n')}
              onChange={(next) => {
                const edit = withLineEnds(next, lineEndOf(base));
                setEdited((before) => ({ text: edit, from: before?.from ?? current.number }));
                setFilePlan(null);
                setProblem(null);
              }}
              marks={marks}
              describedBy={statusId}
            />
            <p id={statusId} role="status" className="text-sm" data-check={check.kind}>
              {check.kind === 'running' && 'Checking…'}
              {check.kind === 'invalid' && (problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`)}
              {check.kind === 'none' && (current.number === null ? 'Nothing to check' : `As version ${current.number}`)}
            </p>
            <ProblemList problems={problems} onGoTo={(line, column) => editor.current?.goTo(line, column)} />
            {isEdited && edited.from !== current.number && (
              <p className="text-sm text-warn">
                Version {current.number} applies meanwhile; your text began with version {edited.from}. The lines below
                compare it with version {current.number}.
              </p>
            )}
            {current.hidden > 0 && (
              <p className="text-xs text-muted">
                {current.hidden === 1 ? 'A secret is' : `${current.hidden} secrets are`} hidden as *** :{' '}
                {readOnly === null ? 'leave them as they are, or write new ones.' : 'a copy needs them in full.'}
              </p>
            )}
            {current.text === null && file !== null && (
              <p className="text-xs text-muted">The file is too long to be edited here. A whole text can be pasted.</p>
            )}
          </>
        )}
        <div className="flex flex-wrap gap-2">
          {isEdited && (
            <Button
              onClick={() => {
                setEdited(null);
                setFilePlan(null);
              }}
            >
              Discard the edit
            </Button>
          )}
          {readOnly !== null && !isCode && text !== '' && <CopyButton text={text}>Copy the text</CopyButton>}
          <Button disabled={file === null} onClick={checkFile}>
            Check the file again
          </Button>
        </div>
        {current?.file_changed === true && (
          <p className="text-sm text-warn">
            {file} was edited and differs from what applies: check it again to see how, and apply it.
          </p>
        )}
        {problem !== null && <ErrorNote>{problem}</ErrorNote>}
        {plan && <DifferenceList difference={plan} />}
        {plan && isOfText && <LineDifference before={base} after={text} />}
        {plan && (isOfText ? readOnly === null : plan.changes.length > 0) && (
          <Button look="main" onClick={() => setAsked(true)}>
            {isOfText ? 'Write and apply…' : 'Apply…'}
          </Button>
        )}
      </div>
      {isAsked && plan && (
        <Confirm title="Apply this configuration?" action="Apply" onConfirm={apply} onClose={() => setAsked(false)}>
          <DifferenceList difference={plan} />
          {isOfText && (
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
