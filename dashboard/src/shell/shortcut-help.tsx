import { Dialog } from '../components/dialog.tsx';
import { VIEWS } from './views.ts';

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const keys: [string, string][] = [
    ...VIEWS.map(({ letter, name }): [string, string] => [`g ${letter}`, name]),
    ['/', 'Search in this view'],
    ['Esc', 'Close a dialog'],
    ['?', 'This help'],
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
        {keys.map(([key, what]) => (
          <div key={key} className="contents">
            <dt className="flex gap-1">
              {key.split(' ').map((each) => (
                <kbd key={each} className="rounded border border-strong-line bg-sunken px-1.5 font-mono text-xs">
                  {each}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
