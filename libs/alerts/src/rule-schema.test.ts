import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RuleError } from './rule-error.ts';
import { parseRule } from './rule-schema.ts';
import { SMOG } from './testing.ts';

function issues(document: unknown): string[] {
  try {
    parseRule(document);
    return [];
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
}

const withWhen = (when: object) => ({ ...SMOG, when: { ...SMOG.when, ...when } });

describe('parseRule', () => {
  it('takes a rule as the contract writes it', () => {
    const rule = {
      id: 'smog',
      severity: 'major',
      when: {
        domain: 'environment',
        metric: 'pm25',
        where: {},
        aggregate: 'mean',
        window: '1h',
        every: '5m',
        above: 150,
        clear: 115,
        for: '3h',
        keepFiringFor: '10m',
        early: false,
      },
      groupBy: ['device'],
      labels: { team: 'air' },
      annotations: { runbook: 'smog.md' },
      summary: 'Smog at {{labels.device}}: {{ value }} ({{labels.team}})',
    };
    expect(parseRule(rule)).toEqual(rule);
  });

  it('refuses unknown fields by name', () => {
    expect(issues({ ...SMOG, colour: 'red', when: { ...SMOG.when, percentile: 95 } })).toEqual([
      'when.percentile: There is no such field; remove it or correct its name.',
      'colour: There is no such field; remove it or correct its name.',
    ]);
  });

  it.each([
    [null, ': Expected an object with fields.'],
    [{ ...SMOG, id: undefined }, 'id: This field is needed.'],
    [{ ...SMOG, id: 7 }, 'id: Expected text; put quotes around it.'],
    [{ ...SMOG, id: 'a/b' }, 'id: The name contains one of / + #.'],
    [{ ...SMOG, severity: 'bad' }, 'severity: Write one of critical, major, minor, warning, info.'],
    [{ ...SMOG, groupBy: ['device', 'device'] }, 'groupBy: A label stands here twice; name each once.'],
    [
      { ...SMOG, labels: { device: 'x' } },
      'labels.device: "device" is a label of the group already; choose another name.',
    ],
    [
      { ...SMOG, summary: '{{labels.site}}' },
      'summary: Nothing is known as {{labels.site}} here; there are value, labels.domain, labels.device.',
    ],
    [
      withWhen({ aggregate: 'p100' }),
      'when.aggregate: Write one of count, sum, mean, min, max, first, last, stddev, rate, or p1 to p99.',
    ],
    [withWhen({ aggregate: undefined }), 'when.aggregate: This field is needed.'],
    [withWhen({ above: '150' }), 'when.above: Expected a finite number.'],
    [withWhen({ above: Infinity }), 'when.above: Expected a finite number.'],
    [withWhen({ above: undefined }), 'when: Give exactly one of above, below, outside; none of them is there.'],
    [withWhen({ below: 3 }), 'when: Give exactly one of above, below, outside; 2 of them are there.'],
    [
      withWhen({ aggregate: 'count', above: undefined, below: 1 }),
      'when.below: A window without readings gives no result, so a count is never below 1; write a rule with absent for devices that fall silent.',
    ],
    [withWhen({ clear: 151 }), 'when.clear: An alert above 150 clears below it; 151 is on the wrong side.'],
    [
      withWhen({ above: undefined, below: 3, clear: 2 }),
      'when.clear: An alert below 3 clears above it; 2 is on the wrong side.',
    ],
    [
      withWhen({ above: undefined, outside: [20, 10] }),
      'when.outside: The low end 20 is above the high end 10; swap them.',
    ],
    [
      withWhen({ above: undefined, outside: [10, 20], clear: 5 }),
      'when.clear: This is how far inside the band an alert clears; 5 leaves nothing of 10 to 20.',
    ],
    [
      withWhen({ window: 'soon' }),
      'when.window: "soon" is not a duration; write a number and one of ms s m h d w M y.',
    ],
    [
      withWhen({ window: '25h' }),
      'when.window: "25h" is longer than a day but not whole days; write it in d, w, M or y.',
    ],
    [
      withWhen({ window: '1h', every: '7m' }),
      'when.every: The window of 1h is not a whole number of 7m; choose one that goes into it evenly.',
    ],
    [
      withWhen({ window: '5m', every: '1h' }),
      'when.every: The window of 5m is not a whole number of 1h; choose one that goes into it evenly.',
    ],
    [
      withWhen({ window: '1d', every: '1s' }),
      'when.every: The window is 86400 times as long; at most 10000 times is allowed.',
    ],
    [
      withWhen({ for: '1M' }),
      'when.for: "1M" is no duration of a fixed length; write a whole number and one of ms s m h d w.',
    ],
    [
      withWhen({ keepFiringFor: '-5m' }),
      'when.keepFiringFor: "-5m" is no duration of a fixed length; write a whole number and one of ms s m h d w.',
    ],
    [withWhen({ where: { device: 'aq-1' } }), 'when.where.device: Expected a list.'],
    [withWhen({ where: { device: [] } }), 'when.where.device: Give at least 1.'],
  ])('%j is refused', (document, sentence) => {
    expect(issues(document)).toEqual([sentence]);
  });

  it.each(['stddev', 'rate', 'p1', 'p95', 'p99'])('takes the aggregate %s', (aggregate) => {
    expect(parseRule(withWhen({ aggregate })).when).toMatchObject({ aggregate });
  });

  it.each(['p0', 'p05', 'p100', 'p9.5', 'P95', 'p', 'median', 'toString', ''])(
    'refuses the aggregate "%s"',
    (aggregate) => {
      expect(issues(withWhen({ aggregate }))).toEqual([expect.stringMatching(/^when.aggregate: Write one of/)]);
    },
  );

  it('allows waiting for nothing', () => {
    expect(parseRule(withWhen({ for: '0s' })).when.for).toBe('0s');
  });

  it('answers any document with a rule or a RuleError that names what is wrong', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (whole, when, threshold) => {
        for (const document of [whole, { ...SMOG, when }, withWhen({ above: threshold, clear: when })]) {
          for (const issue of issues(document)) expect(issue).toMatch(/: .+\.$/s);
        }
      }),
    );
  });
});
