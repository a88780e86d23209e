import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Rule } from '@seawall/model';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRuleFiles, ruleFileChanges } from './rule-files.ts';

const rule = (id: string, above = 150): Rule => ({
  id,
  severity: 'major',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '1h', above },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readRuleFiles', () => {
  it('reads one rule or a list, and several documents in a file', () => {
    writeFileSync(join(folder, 'a.yaml'), JSON.stringify(rule('one')));
    writeFileSync(join(folder, 'b.yml'), `${JSON.stringify([rule('two')])}\n---\n${JSON.stringify(rule('three'))}\n`);
    writeFileSync(join(folder, 'notes.txt'), 'no rule');
    expect(readRuleFiles(folder).map(({ rule: { id }, source }) => [id, source])).toEqual([
      ['one', 'file:a.yaml'],
      ['two', 'file:b.yml'],
      ['three', 'file:b.yml'],
    ]);
  });

  it('leaves alone what begins with a dot, as the files that macOS puts beside others', () => {
    writeFileSync(join(folder, '._a.yaml'), Buffer.from([0, 5, 22, 7, 0]));
    expect(readRuleFiles(folder)).toEqual([]);
  });

  it('finds none in a folder that is not there', () => {
    expect(readRuleFiles(join(folder, 'none'))).toEqual([]);
  });

  it('names the file of a rule that cannot be used', () => {
    writeFileSync(join(folder, 'bad.yaml'), 'id: x\nseverity: dire\n');
    expect(() => readRuleFiles(folder)).toThrow(/bad\.yaml.*severity/s);
    writeFileSync(join(folder, 'bad.yaml'), 'id: [');
    expect(() => readRuleFiles(folder)).toThrow(/bad\.yaml can't be read as YAML/);
  });

  it('refuses two rules of one id, naming both files', () => {
    writeFileSync(join(folder, 'a.yaml'), JSON.stringify(rule('same')));
    writeFileSync(join(folder, 'b.yaml'), JSON.stringify(rule('same')));
    expect(() => readRuleFiles(folder)).toThrow(/"same" stands twice.*file:a\.yaml and file:b\.yaml/);
  });
});

describe('ruleFileChanges', () => {
  const inFile = (content: Rule) => ({ rule: content, source: 'file:a.yaml' });
  const known = (version: number, content: Rule | null, source = 'file:a.yaml') => ({
    id: 'r',
    version,
    rule: content,
    source,
  });

  it('journals new and changed rules with the next version, and nothing for those that stayed', () => {
    expect(ruleFileChanges([inFile(rule('r'))], [])).toMatchObject([
      { kind: 'rule', payload: { id: 'r', version: 1 } },
    ]);
    expect(ruleFileChanges([inFile(rule('r'))], [known(3, rule('r'))])).toEqual([]);
    expect(ruleFileChanges([inFile(rule('r', 99))], [known(3, rule('r'))])).toMatchObject([
      { payload: { version: 4 } },
    ]);
  });

  it('deletes a rule whose file is gone, but none that the API made', () => {
    expect(ruleFileChanges([], [known(3, rule('r'))])).toMatchObject([{ payload: { version: 4, rule: null } }]);
    expect(ruleFileChanges([], [known(3, rule('r'), 'api')])).toEqual([]);
    expect(ruleFileChanges([], [known(4, null)])).toEqual([]);
  });

  it('goes on counting versions when a deleted id comes back', () => {
    expect(ruleFileChanges([inFile(rule('r'))], [known(4, null, 'api')])).toMatchObject([{ payload: { version: 5 } }]);
  });

  it('refuses to take over a rule that the API made', () => {
    expect(() => ruleFileChanges([inFile(rule('r'))], [known(1, rule('r'), 'api')])).toThrow('made by the API');
  });
});
