import { describe, expect, it } from '@jest/globals';
import { retryAfterOf } from './influx-failures.ts';

describe('Retry-After', () => {
  it('is seconds, or a date', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterOf('120', now)).toBe(120_000);
    expect(retryAfterOf('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
    expect(retryAfterOf('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterOf(undefined, now)).toBeUndefined();
    expect(retryAfterOf('soon', now)).toBeUndefined();
  });
});
