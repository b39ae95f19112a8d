import { useState } from 'react';
import { countsText, limitText, whatIfText } from '../../../../src/limits/core/what-if-text.ts';
import { errorText } from '../../api/api-error.ts';
import type { ClientLimit } from '../../api/clients.ts';
import { whatIf, type ClientWhatIf, type DefaultWhatIf } from '../../api/limits.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/panel.tsx';
import { formatCount } from '../../format.ts';

const SHOWN_CLIENTS = 5;

/** What a limit would have made of the last hour: of one client or, with an empty key, of all under the default limit. */
export function TryLimit({ clientKey, limit }: { readonly clientKey: string; readonly limit: ClientLimit }) {
  const [isBusy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<ClientWhatIf | DefaultWhatIf | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      setAnswer(await whatIf(clientKey, limit));
      setProblem(null);
    } catch (error) {
      setAnswer(null);
      setProblem(errorText(error));
    }
    setBusy(false);
  };
  return (
    <div className="space-y-2">
      <Button isBusy={isBusy} onClick={() => void ask()}>
        Try on the last hour
      </Button>
      {problem !== null && <ErrorNote>{problem}</ErrorNote>}
      {answer !== null && <Answer answer={answer} />}
    </div>
  );
}

function Answer({ answer }: { readonly answer: ClientWhatIf | DefaultWhatIf }) {
  const { recorded, requests, current, proposed, notes } = answer;
  return (
    <div role="status" data-what-if className="space-y-1 rounded-md bg-sunken px-3 py-2 text-sm">
      <p>
        <strong className="font-semibold">{limitText(proposed.limit)}</strong>:{' '}
        {whatIfText(requests, recorded.seconds, proposed)}.
      </p>
      {requests > 0 && (
        <p className="text-muted">
          Now {limitText(current.limit)}: {countsText(current.even.refused, current.at_once.refused)} refused.
        </p>
      )}
      {'refused_clients' in answer && <Refused clients={answer.refused_clients} />}
      {notes.map((note) => (
        <p key={note} className="text-muted">
          Note: {note}.
        </p>
      ))}
    </div>
  );
}

function Refused({ clients }: { readonly clients: DefaultWhatIf['refused_clients'] }) {
  if (clients.length === 0) return null;
  const more = clients.length - SHOWN_CLIENTS;
  return (
    <ul>
      {clients.slice(0, SHOWN_CLIENTS).map(({ key, requests, refused_even: even, refused_at_once: atOnce }) => (
        <li key={key}>
          {key}: {countsText(even, atOnce)} of {formatCount(requests)} refused
        </li>
      ))}
      {more > 0 && <li className="text-muted">and {formatCount(more)} more clients</li>}
    </ul>
  );
}
