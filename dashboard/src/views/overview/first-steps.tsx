/** What to do next on a gateway that has just been set up; gone once it carries traffic. */
import type { Frame } from '../../api/types.ts';
import { CopyLine } from '../../components/copy-line.tsx';
import { Panel } from '../../components/panel.tsx';
import { ADD_BACKEND, SEND_REQUEST } from '../../first-commands.ts';

interface Step {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

export function FirstSteps({ frame }: { readonly frame: Frame }) {
  const steps = stepsFor(frame);
  if (steps.length === 0) return null;
  return (
    <Panel title="First steps">
      <ol className="space-y-3">
        {steps.map(({ title, text, command }) => (
          <li key={title}>
            <p className="text-sm font-medium">{title}</p>
            <p className="mb-1 text-sm text-muted">{text}</p>
            <CopyLine text={command} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** Nothing is suggested to a gateway that carries traffic: whether its clients are registered is its operator's choice. */
function stepsFor({ backends, total, limiter }: Frame): readonly Step[] {
  if (total.requests_total > 0 && backends.length > 0) return [];
  const steps: Step[] = [];
  if (backends.length === 0) {
    steps.push({
      title: 'No backend yet',
      text: 'Requests have nowhere to go. Add a server to a pool; it is kept over restarts.',
      command: ADD_BACKEND,
    });
  }
  if (total.requests_total === 0) {
    steps.push({
      title: 'No request yet',
      text: 'Send one to the public port. It is 8080 unless your configuration says otherwise.',
      command: SEND_REQUEST,
    });
  }
  if (limiter.enabled && limiter.registered_clients === 0) {
    steps.push({
      title: 'No client yet',
      text: 'All callers share the default limit, each by its address. Register one to give it a limit of its own.',
      command: 'sluice clients add my-app --capacity 100 --rate 20',
    });
  }
  return steps;
}
