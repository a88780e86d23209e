import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRule, RuleError } from '@seawall/alerts';
import type { Rule, RuleVersion } from '@seawall/model';
import type { EntryDraft } from '@seawall/ports';
import { parseAllDocuments, type Document } from 'yaml';
import { SettingError } from './config/setting-error.ts';

interface FileRule {
  readonly rule: Rule;
  readonly source: string;
}

/**
 * Every rule in a folder's `*.yaml` files, but for those whose names begin with a dot; a document holds one rule or a list. A folder that is not there holds none:
 * one that was named must be there, which is looked at with the settings.
 * @throws SettingError naming file and field
 */
export function readRuleFiles(folder: string): readonly FileRule[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((name) => /^[^.].*\.ya?ml$/.test(name))
    .sort();
  const rules = files.flatMap((file) => readRuleFile(folder, file));
  const seen = new Map<string, string>();
  for (const { rule, source } of rules) {
    const other = seen.get(rule.id);
    if (other !== undefined)
      throw new SettingError(
        `The rule "${rule.id}" stands twice in ${folder}: ${other} and ${source}. Ids must differ.`,
      );
    seen.set(rule.id, source);
  }
  return rules;
}

function readRuleFile(folder: string, file: string): FileRule[] {
  const path = join(folder, file);
  // An empty file gives no documents, in a form of its own.
  const documents: readonly Document[] = [parseAllDocuments(readFileSync(path, 'utf8'))].flat();
  return documents.flatMap((document) => {
    const fault = document.errors[0];
    if (fault !== undefined) throw new SettingError(`${path} can't be read as YAML: ${fault.message}`);
    const content: unknown = document.toJS();
    if (content === null) return [];
    return (Array.isArray(content) ? content : [content]).map((item: unknown) => ({
      rule: checked(item, path),
      source: `file:${file}`,
    }));
  });
}

function checked(document: unknown, path: string): Rule {
  try {
    return parseRule(document);
  } catch (error) {
    if (error instanceof RuleError)
      throw new SettingError(`${path} holds a rule that can't be used: ${error.message}`, { cause: error });
    throw error;
  }
}

/** What must be journalled so that the rules in force are those of the files; rules made by the API are left alone. */
export function ruleFileChanges(files: readonly FileRule[], known: readonly RuleVersion[]): EntryDraft[] {
  const knownById = new Map(known.map((version) => [version.id, version]));
  const changed = files.flatMap(({ rule, source }) => {
    const before = knownById.get(rule.id);
    if (before?.rule != null && before.source === 'api') {
      throw new SettingError(
        `The rule "${rule.id}" of ${source} was made by the API already. Delete one of the two or rename it.`,
      );
    }
    const same =
      before?.rule != null && before.source === source && JSON.stringify(before.rule) === JSON.stringify(rule);
    return same ? [] : [draft({ id: rule.id, version: (before?.version ?? 0) + 1, rule, source })];
  });
  const inFiles = new Set(files.map(({ rule }) => rule.id));
  const gone = known
    .filter(({ id, rule, source }) => rule !== null && source.startsWith('file:') && !inFiles.has(id))
    .map(({ id, version, source }) => draft({ id, version: version + 1, rule: null, source }));
  return [...changed, ...gone];
}

function draft(payload: RuleVersion): EntryDraft {
  return { kind: 'rule', origin: 'live', payload };
}
