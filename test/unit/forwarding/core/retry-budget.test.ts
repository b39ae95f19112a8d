import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RetryBudget } from '../../../../src/forwarding/core/retry-budget.ts';

const SETTINGS = { budgetRatio: 0.2, budgetMinimum: 3 };

function withdrawals(budget: RetryBudget, tries: number, nowMs: number): number {
  let allowed = 0;
  for (let count = 0; count < tries; count += 1) if (budget.withdraw(nowMs)) allowed += 1;
  return allowed;
}

it('a quiet gateway may always run its minimum of retries at a time', () => {
  const budget = new RetryBudget(SETTINGS);
  assert.equal(withdrawals(budget, 10, 0), 3);
  budget.ended();
  assert.equal(withdrawals(budget, 10, 0), 1);
});

it('a busy gateway may spend its share all at once, and not one more', () => {
  const budget = new RetryBudget(SETTINGS);
  for (let count = 0; count < 500; count += 1) budget.deposit(1000);
  assert.equal(withdrawals(budget, 1000, 1000), 100);
});

it('unspent budget lapses after ten seconds, spent budget counts as long', () => {
  const budget = new RetryBudget(SETTINGS);
  for (let count = 0; count < 500; count += 1) budget.deposit(4_999);
  assert.equal(withdrawals(budget, 60, 5_000), 60);
  assert.equal(withdrawals(budget, 60, 9_999), 40);
  for (let count = 0; count < 100; count += 1) budget.ended();
  assert.equal(withdrawals(budget, 60, 10_000), 3);
});

it('unspent budget is gone when both slots are over, after a pause too', () => {
  for (const laterMs of [10_000, 60_000]) {
    const budget = new RetryBudget(SETTINGS);
    for (let count = 0; count < 500; count += 1) budget.deposit(4_999);
    assert.equal(withdrawals(budget, 200, laterMs), SETTINGS.budgetMinimum);
  }
});

it('a request counts in the slot of its arrival, and so does a retry', () => {
  const budget = new RetryBudget(SETTINGS);
  for (let count = 0; count < 100; count += 1) budget.deposit(0);
  assert.equal(withdrawals(budget, 20, 0), 20);
  for (let count = 0; count < 500; count += 1) budget.deposit(5_000);
  for (let count = 0; count < 20; count += 1) budget.ended();
  // The first slot has gone, with its requests and its retries.
  assert.equal(withdrawals(budget, 200, 10_000), 100);
});

it('a clock that goes back neither gives nor takes', () => {
  const budget = new RetryBudget(SETTINGS);
  for (let count = 0; count < 100; count += 1) budget.deposit(7_000);
  budget.deposit(1_000);
  assert.equal(withdrawals(budget, 100, 2_000), 20);
});

it('a budget of nothing allows nothing', () => {
  const budget = new RetryBudget({ budgetRatio: 0, budgetMinimum: 0 });
  budget.deposit(0);
  assert.equal(budget.withdraw(0), false);
});
