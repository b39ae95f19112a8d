/**
 * A text area with line numbers and marks. Only the numbers in view are in the page, so that thousands of lines scroll
 * smoothly; the text itself is the browser's, with its undo, search and screen reader.
 */
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { useImperativeHandle } from 'react';

export interface LineMark {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface TextEditorHandle {
  /** Moves the cursor there, and the line into view. @param line, column from 1 */
  goTo(line: number, column: number): void;
}

export interface TextEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly marks: readonly LineMark[];
  readonly isReadOnly?: boolean;
  /** Id of what says whether it is valid. */
  readonly describedBy: string;
  readonly ref?: Ref<TextEditorHandle>;
}

/** px; as in the class names below. */
const LINE = 20;
const PADDING = 8;

export function TextEditor({ label, value, onChange, marks, isReadOnly = false, describedBy, ref }: TextEditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  /** Escape was pressed: the next Tab leaves. */
  const mayLeave = useRef(false);
  const count = countLines(value);
  const first = Math.max(0, Math.floor((view.top - PADDING) / LINE));
  const last = Math.min(count, first + Math.ceil(view.height / LINE) + 2);
  const byLine = new Map(marks.map(({ line, message }) => [line, message]));

  useLayoutEffect(() => {
    const element = area.current!;
    const observer = new ResizeObserver(() => setView({ top: element.scrollTop, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useImperativeHandle(ref, () => ({
    goTo: (line, column) => {
      const element = area.current!;
      const at = offsetOf(element.value, line, column);
      element.focus();
      element.setSelectionRange(at, at);
      element.scrollTop = Math.max(0, (line - 3) * LINE);
    },
  }));

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Escape') mayLeave.current = true;
    else if (event.key === 'Tab' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (mayLeave.current || isReadOnly) return;
      event.preventDefault();
      // The only way that keeps the browser's undo.
      document.execCommand('insertText', false, '  ');
    } else if (event.key !== 'Shift') mayLeave.current = false;
  };

  const digits = String(count).length;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <div className="flex h-96 overflow-hidden rounded-md border border-strong-line bg-surface font-mono text-xs leading-5">
        <div
          aria-hidden="true"
          className="relative shrink-0 overflow-hidden border-r border-line bg-sunken text-muted select-none"
          style={{ width: `calc(${Math.max(2, digits)}ch + 1.5rem)` }}
        >
          {Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at + 1).map((line) => (
            <span
              key={line}
              data-line={line}
              data-marked={byLine.has(line) || undefined}
              title={byLine.get(line)}
              className="absolute right-0 left-0 h-5 pr-2 text-end data-marked:bg-bad-soft data-marked:font-bold data-marked:text-bad"
              style={{ top: PADDING + (line - 1) * LINE - view.top }}
            >
              {byLine.has(line) ? '✕ ' : ''}
              {line}
            </span>
          ))}
        </div>
        <textarea
          id={id}
          ref={area}
          value={value}
          readOnly={isReadOnly}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          aria-invalid={marks.length > 0}
          aria-describedby={`${describedBy} ${id}-keys`}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => {
            mayLeave.current = false;
          }}
          onScroll={({ currentTarget: { scrollTop, clientHeight } }) =>
            setView({ top: scrollTop, height: clientHeight })
          }
          className="min-w-0 flex-1 resize-none overflow-auto bg-transparent p-2 leading-5 whitespace-pre text-ink"
          style={{ outlineOffset: -2 }}
        />
      </div>
      <p id={`${id}-keys`} className="mt-1 text-xs text-muted">
        Tab indents. Escape, then Tab leaves the text.
      </p>
    </div>
  );
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Of a place in the text, both from 1; the end if it is beyond. */
function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    const end = text.indexOf('\n', start);
    if (end === -1) return text.length;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + column - 1, end === -1 ? text.length : end);
}
