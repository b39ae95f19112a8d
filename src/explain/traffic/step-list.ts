/** Collects what decides about a request, in order. */
import { ERRORS, type ErrorCode, GatewayError } from '../../errors.ts';
import type { ExplainedStepName } from '../core/explain-vocabulary.ts';
import type { ExplainedStep } from '../core/thread-explanation.ts';

export class StepList {
  readonly steps: ExplainedStep[] = [];

  passes(step: ExplainedStepName, text: string): void {
    this.steps.push({ step, outcome: 'passes', text, status: null, error: null });
  }

  /** Only a real request finds out. */
  unknown(step: ExplainedStepName, text: string): void {
    this.steps.push({ step, outcome: 'unknown', text, status: null, error: null });
  }

  /** @param status null: that of a backend */
  answers(step: ExplainedStepName, text: string, status: number | null): void {
    this.steps.push({ step, outcome: 'answers', text, status, error: null });
  }

  refuses(step: ExplainedStepName, text: string, error: ErrorCode | GatewayError): void {
    const [code, status] =
      error instanceof GatewayError ? [error.code, error.statusCode] : ([error, ERRORS[error][0]] as const);
    this.steps.push({ step, outcome: 'answers', text, status, error: code });
  }
}
