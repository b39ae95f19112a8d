import { Component, type ReactNode } from 'react';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/panel.tsx';

/**
 * A view that crashes does not take the console down. After an update, the files of an open page are gone: a reload
 * helps.
 */
export class ViewBoundary extends Component<{ readonly children: ReactNode }, { readonly problem: string | null }> {
  override state = { problem: null };

  static getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.problem === null) return this.props.children;
    return (
      <div className="space-y-3">
        <ErrorNote>This view could not be shown: {this.state.problem}</ErrorNote>
        <Button onClick={() => window.location.reload()}>Load the page again</Button>
      </div>
    );
  }
}
