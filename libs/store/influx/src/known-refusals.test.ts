import { describe, expect, it } from '@jest/globals';
import { KnownRefusals } from './known-refusals.ts';

const CONFLICT =
  'partial write: field type conflict: input field "m" on measurement "e" is type float, already exists as type integer';
const FULL =
  'partial write: max-values-per-tag limit exceeded (10/10): measurement="e" tag="device" value="a" dropped=1';

describe('KnownRefusals', () => {
  it('remember a conflict by metric, for a minute', () => {
    let now = 5;
    const known = new KnownRefusals(() => now);
    known.note({ domain: 'e', device: 'a', metric: 'm' }, CONFLICT);
    expect(known.of({ domain: 'e', device: 'b', metric: 'm' })).toBe(CONFLICT);
    expect(known.of({ domain: 'e', device: 'a', metric: 'n' })).toBeUndefined();
    expect(known.of({ domain: 'f', device: 'a', metric: 'm' })).toBeUndefined();
    now += 59_999;
    expect(known.of({ domain: 'e', device: 'a', metric: 'm' })).toBe(CONFLICT);
    now += 1;
    expect(known.of({ domain: 'e', device: 'a', metric: 'm' })).toBeUndefined();
  });

  it('remember a limit by device', () => {
    const known = new KnownRefusals(() => 0);
    known.note({ domain: 'e', device: 'a', metric: 'm' }, FULL);
    expect(known.of({ domain: 'e', device: 'a', metric: 'n' })).toBe(FULL);
    expect(known.of({ domain: 'e', device: 'b', metric: 'm' })).toBeUndefined();
  });

  it('remember nothing that another reading might not meet with', () => {
    const known = new KnownRefusals(() => 0);
    known.note({ domain: 'e', device: 'a', metric: 'm' }, 'unable to parse');
    expect(known.of({ domain: 'e', device: 'a', metric: 'm' })).toBeUndefined();
  });
});
