import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { step, type AlertEvent, type AlertPhase, type Holding } from './alert-state-machine.ts';

const NOW: Holding = { forMs: 0, forText: '0s', keepFiringForMs: 0, keepFiringForText: '0s' };
const WAITING: Holding = { forMs: 100, forText: '100ms', keepFiringForMs: 50, keepFiringForText: '50ms' };
const told = { breach: () => 'too high', clear: () => 'fine' };

const INACTIVE: AlertPhase = { state: 'inactive' };
const FIRING: AlertPhase = { state: 'firing', clearSince: null };

type Finding = 'breach' | 'between' | 'clear';

function seen(time: number, finding: Finding): AlertEvent {
  return { kind: 'observed', time, breaches: finding === 'breach', clears: finding === 'clear', told };
}

/** The states gone through, with the reason of each change. */
function run(holding: Holding, ...findings: [time: number, finding: Finding][]): string[] {
  let phase: AlertPhase = INACTIVE;
  const changes: string[] = [];
  for (const [time, finding] of findings) {
    const next = step(phase, seen(time, finding), holding);
    phase = next.phase;
    if (next.because !== null) changes.push(`${time} ${phase.state}: ${next.because}`);
  }
  return changes;
}

describe('step', () => {
  it('fires at once and resolves at once when nothing is to be waited for', () => {
    expect(run(NOW, [1, 'clear'], [2, 'breach'], [3, 'breach'], [4, 'clear'], [5, 'breach'])).toEqual([
      '2 firing: too high',
      '4 resolved: fine',
      '5 firing: too high',
    ]);
  });

  it('is pending until the condition has held for as long as asked', () => {
    expect(run(WAITING, [0, 'breach'], [99, 'breach'], [100, 'breach'])).toEqual([
      '0 pending: too high, fires after 100ms',
      '100 firing: too high for 100ms',
    ]);
  });

  it.each(['clear', 'between'] as const)('drops a pending alert on a value that is %s', (finding) => {
    expect(run(WAITING, [0, 'breach'], [50, finding], [60, 'breach'], [150, 'breach'])).toEqual([
      '0 pending: too high, fires after 100ms',
      '50 inactive: fine',
      '60 pending: too high, fires after 100ms',
    ]);
  });

  it('goes on firing between the threshold and clear', () => {
    expect(run(NOW, [1, 'breach'], [2, 'between'], [3, 'clear'])).toEqual(['1 firing: too high', '3 resolved: fine']);
  });

  it.each(['breach', 'between'] as const)('begins the wait of keepFiringFor anew after a %s', (finding) => {
    const findings: [number, Finding][] = [
      [0, 'breach'],
      [10, 'clear'],
      [50, finding],
      [60, 'clear'],
      [109, 'clear'],
      [110, 'clear'],
    ];
    expect(run({ ...WAITING, forMs: 0 }, ...findings)).toEqual(['0 firing: too high', '110 resolved: fine for 50ms']);
  });

  it('ends what is under way when its rule goes', () => {
    const gone: AlertEvent = { kind: 'withdrawn', because: 'the rule was deleted' };
    expect(step(FIRING, gone, NOW)).toEqual({ phase: { state: 'resolved' }, because: gone.because });
    expect(step({ state: 'pending', since: 0 }, gone, NOW)).toEqual({ phase: INACTIVE, because: gone.because });
    expect(step(INACTIVE, gone, NOW).because).toBeNull();
  });

  it('never fires before the condition has held without a break', () => {
    const findings = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom<Finding>('breach', 'between', 'clear')),
    );
    fc.assert(
      fc.property(findings, (steps) => {
        let [phase, time, heldSince]: [AlertPhase, number, number | null] = [INACTIVE, 0, null];
        for (const [gap, finding] of steps) {
          time += gap;
          heldSince = finding === 'breach' ? (heldSince ?? time) : null;
          const next: AlertPhase = step(phase, seen(time, finding), WAITING).phase;
          if (next.state === 'firing' && phase.state !== 'firing')
            expect(time - heldSince!).toBeGreaterThanOrEqual(100);
          phase = next;
        }
      }),
    );
  });
});
