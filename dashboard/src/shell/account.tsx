import { Button } from '../components/button.tsx';
import { Icon, type IconName } from '../components/icon.tsx';
import { formatSeconds } from '../format.ts';
import { useLive } from '../live/use-live.ts';
import { useSession } from '../session/session.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import { setTheme, useTheme, type Theme } from './theme.ts';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };

export function Account({ onHelp }: { readonly onHelp: () => void }) {
  const { authentication, name, role, logOut } = useSession();
  const theme = useTheme();
  const version = useLive((state) => state.frame?.version);
  const uptime = useLive((state) => Math.floor((state.frame?.uptime_seconds ?? 0) / 60));
  return (
    <div className="space-y-2.5 p-4 text-xs text-muted">
      <div className="hidden lg:block">
        <ConnectionPill />
      </div>
      {version !== undefined && (
        <p>
          Sluice {version}, up {uptime === 0 ? '< 1 min' : formatSeconds(uptime * 60)}
        </p>
      )}
      {authentication === 'token' && (
        <p className="text-ink">
          {name} <span className="text-muted">({role})</span>
        </p>
      )}
      <div className="-ml-2 flex flex-wrap gap-0.5">
        <Button
          look="quiet"
          icon={ICONS[theme]}
          aria-label={`Colours: ${theme}. Change to ${NEXT[theme]}`}
          title={`Colours: ${theme}`}
          onClick={() => setTheme(NEXT[theme])}
        />
        <Button
          look="quiet"
          icon="keyboard"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={onHelp}
        />
        <a
          href="/docs/"
          title="The API (Swagger UI)"
          className="inline-flex min-h-8 items-center gap-1.5 rounded-md px-2.5 text-sm font-medium hover:bg-sunken hover:text-ink"
        >
          API
        </a>
        {authentication === 'token' && (
          <Button look="quiet" onClick={logOut}>
            <Icon name="leave" /> Log out
          </Button>
        )}
      </div>
    </div>
  );
}
