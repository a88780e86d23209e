import { describe, expect, it } from '@jest/globals';
import type { QueryPlan } from '@seawall/model';
import { parseQuery, selectSeries, storePlan } from '@seawall/query';
import { Catalogue } from './catalogue.ts';
import { portionsOf } from './portions.ts';
import { rawStatement, type Asked } from './query-statements.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 8, 21);

function askedOf(devices: readonly string[]): Asked {
  const catalogue = new Catalogue();
  for (const device of devices) {
    const id = catalogue.table.idOf({ domain: 'environment', device, metric: 'pm25' });
    catalogue.latest.reserve(id + 1);
    catalogue.latest.note(id, (NOW - 1) * 1000, 1);
  }
  catalogue.commit();
  const document = { metrics: ['pm25'], where: { device: ['aq-*'] }, from: NOW - HOUR, to: NOW };
  const plan: QueryPlan = storePlan(parseQuery(document, { now: NOW, timeZone: 'UTC' }));
  return { plan, selection: selectSeries(catalogue, plan), catalogue };
}

function statements(asked: Asked): string[] {
  return portionsOf(asked.plan, asked.selection, 500).map((portion) => rawStatement(asked, portion, 10));
}

describe('the statement for raw readings', () => {
  it('tells several devices apart by their tag', () => {
    expect(statements(askedOf(['aq-1', 'aq-2']))).toEqual([expect.stringContaining('GROUP BY "device"::tag LIMIT 10')]);
  });

  it('asks for one device by its name alone, so that no other of the pattern comes under it', () => {
    const [statement, ...others] = statements(askedOf(['aq-1']));
    expect(others).toEqual([]);
    expect(statement).toContain(`"device"::tag = 'aq-1'`);
    expect(statement).not.toContain('GROUP BY');
  });
});
