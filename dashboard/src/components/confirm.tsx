import { useState, type ReactNode } from 'react';
import { errorText } from '../api/api-error.ts';
import { Button } from './button.tsx';
import { Dialog, DialogButtons } from './dialog.tsx';
import { ErrorNote } from './panel.tsx';

export interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The label of the button: a verb. */
  readonly action: string;
  readonly isDanger?: boolean;
  /** If it fails, the dialog stays open and says why. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

export function Confirm({ title, children, action, isDanger = false, onConfirm, onClose }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(errorText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div className="space-y-3">{children}</div>
        {problem !== null && <ErrorNote>{problem}</ErrorNote>}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={isDanger ? 'danger' : 'main'} isBusy={isBusy}>
            {action}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
