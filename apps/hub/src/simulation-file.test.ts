import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepSimulation, readSimulation } from './simulation-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-simulation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('keepSimulation', () => {
  it('stops nobody where nothing can be written', () => {
    const simulation = { scenario: 'smog-episode', start: 1000, reached: 2000 };
    expect(() => keepSimulation(join(folder, 'not-there'), simulation)).not.toThrow();
  });
});

describe('readSimulation', () => {
  it('gives back how far the city had lived, to the same scenario only', () => {
    const simulation = { scenario: 'smog-episode', start: 1000, reached: 2000 };
    keepSimulation(folder, simulation);
    expect(readSimulation(folder, 'smog-episode')).toEqual(simulation);
    expect(readSimulation(folder, 'ordinary-day')).toBeUndefined();
  });

  it('begins anew where there is no whole note', () => {
    expect(readSimulation(folder, 'smog-episode')).toBeUndefined();
    writeFileSync(join(folder, 'simulation.json'), '{"scenario":"smog-ep');
    expect(readSimulation(folder, 'smog-episode')).toBeUndefined();
  });
});
