import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { REFUSED, stateName } from '../../../src/breaker/core/circuit-breaker.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { Circuit, CIRCUIT_DEFAULTS } from '../../../src/library/circuit.ts';
import { CIRCUIT } from '../../support/pool-settings.ts';

/** No jitter. */
const half = (): number => 0.5;

describe('Circuit', () => {
  it('opens after failures in a row, admits trials when its time is over, and closes after enough of them', () => {
    const circuit = new Circuit(
      { consecutiveFailures: 2, openMs: 1000, halfOpenTrials: 2, halfOpenSuccesses: 2 },
      half,
    );
    for (let turn = 0; turn < 2; turn += 1) circuit.settle(circuit.enter(0), 'failure', 0);
    assert.equal(circuit.state, 'open');
    assert.equal(circuit.enter(999), REFUSED);
    assert.equal(circuit.waitMs(999), 1);
    const trials = [circuit.enter(1000), circuit.enter(1000)];
    assert.equal(circuit.state, 'half-open');
    assert.equal(circuit.enter(1000), REFUSED);
    for (const trial of trials) circuit.settle(trial, 'success', 1001);
    assert.equal(circuit.state, 'closed');
  });

  it('ignores the outcome of a call that an earlier state admitted', () => {
    const circuit = new Circuit({ consecutiveFailures: 1, openMs: 1000, halfOpenTrials: 1 }, half);
    const late = circuit.enter(0);
    circuit.settle(circuit.enter(0), 'failure', 0);
    const trial = circuit.enter(1000);
    circuit.settle(late, 'failure', 1000);
    assert.equal(circuit.state, 'half-open');
    circuit.settle(trial, 'none', 1000);
    assert.notEqual(circuit.enter(1000), REFUSED);
  });

  it('stays open for as long as it is ordered to, and has no history after a reset', () => {
    const circuit = new Circuit({}, half);
    const running = circuit.enter(0);
    circuit.open(5000, 0);
    circuit.settle(running, 'success', 1);
    assert.equal(circuit.enter(4999), REFUSED);
    circuit.reset(4999);
    assert.equal(circuit.state, 'closed');
  });

  it('has the defaults of the configuration', () => {
    const { enabled: _enabled, count500: _count500, ...defaults } = CIRCUIT;
    assert.deepEqual(CIRCUIT_DEFAULTS, defaults);
  });

  it('decides as the gateway’s circuits do, call for call', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const random = seededRandom(seed);
      const settings = { ...CIRCUIT, windowMs: 1000, minimumRequests: 4, openMs: 100, maxOpenMs: 400, forgetMs: 500 };
      const circuit = new Circuit(settings, half);
      const table = new BackendTable(allocateBackendTable(1));
      table.occupy(0, 1, true);
      const gateway = new Circuits(table, new BackendRow(table, 0), half);
      const running: [number, number][] = [];
      for (let nowMs = 1; nowMs < 5000; nowMs += Math.ceil(random() * 20)) {
        if (running.length === 0 || random() < 0.5) {
          const one = circuit.enter(nowMs);
          const other = gateway.admit(0, settings, nowMs);
          assert.equal(one === REFUSED, other === REFUSED, `seed ${seed}, ${nowMs} ms`);
          if (one !== REFUSED) running.push([one, other]);
        } else {
          const [[one, other]] = running.splice(Math.floor(random() * running.length), 1) as [[number, number]];
          const drawn = random();
          if (drawn < 0.5) {
            circuit.settle(one, 'failure', nowMs);
            gateway.failed(0, other, settings, nowMs);
          } else if (drawn < 0.9) {
            circuit.settle(one, 'success', nowMs);
            gateway.succeeded(0, other, settings, nowMs);
          } else {
            circuit.settle(one, 'none', nowMs);
            gateway.released(0, other);
          }
        }
        seen.add(circuit.state);
        assert.equal(circuit.state, stateName(table.circuitWord(0)), `seed ${seed}, ${nowMs} ms`);
      }
    }
    assert.deepEqual([...seen].toSorted(), ['closed', 'half-open', 'open']);
  });

  for (const [settings, message] of [
    [{ errorRatio: 1.1 }, /errorRatio must be 0 to 1, not 1.1/],
    [{ halfOpenTrials: 16 }, /halfOpenTrials must be a whole number from 1 to 15, not 16/],
    [{ openMs: 2000, maxOpenMs: 1000 }, /maxOpenMs must be 2000 to 86400000, not 1000/],
    [{ windowMs: NaN }, /windowMs/],
  ] as const) {
    it(`refuses ${JSON.stringify(settings)}`, () => {
      assert.throws(() => new Circuit(settings), { name: 'RangeError', message });
    });
  }
});
