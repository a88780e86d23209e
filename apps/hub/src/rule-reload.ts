import type { Turns } from '@seawall/api';
import type { Cursor, EntryDraft, Journal, Registry } from '@seawall/ports';
import { readRuleFiles, ruleFileChanges } from './rule-files.ts';

export interface RuleReloadOptions {
  readonly journal: Journal;
  readonly registry: Registry;
  readonly rulesDir: string;
  /** Shared with everybody else who changes rules, so that no two give the same version. */
  readonly turns: Turns;
  /** Resolves when the registrar is past the place, or with false if that takes too long. */
  readonly registered: (cursor: Cursor) => Promise<boolean>;
  /** The same of registrar and engine. */
  readonly applied: (cursor: Cursor) => Promise<boolean>;
}

/** Ids by what happened to them. */
export interface RuleReload {
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** False: journalled, but the engine has not come to it yet. */
  readonly applied: boolean;
}

/** Brings the rules in force in line with the rule files. @throws SettingError, and then they stay as they were */
export function reloadRules(options: RuleReloadOptions): Promise<RuleReload> {
  return options.turns.take(async () => {
    const { journal, registered, applied } = options;
    // What the registry says must be the newest version, or one would be given twice.
    if (!(await registered(journal.end())))
      throw new Error(
        'The rules were not read again: the hub is still busy with earlier changes. Try again in a minute.',
      );
    const changes = await journalRuleChanges(options);
    return { ...named(changes), applied: changes.length === 0 || (await applied(journal.end())) };
  });
}

/** Journals what differs between the files and an up-to-date registry. @throws SettingError */
export async function journalRuleChanges({
  journal,
  registry,
  rulesDir,
}: Pick<RuleReloadOptions, 'journal' | 'registry' | 'rulesDir'>): Promise<readonly EntryDraft[]> {
  const files = readRuleFiles(rulesDir);
  // Deleted ones are asked for by id, so that their versions go on growing.
  const ofFiles = await Promise.all(files.map(({ rule }) => registry.rule(rule.id)));
  const known = [...(await registry.allRules()), ...ofFiles.filter((version) => version !== undefined)];
  const changes = ruleFileChanges(files, known);
  if (changes.length > 0) await journal.append(changes);
  return changes;
}

function named(changes: readonly EntryDraft[]): Pick<RuleReload, 'changed' | 'deleted'> {
  const versions = changes.flatMap((draft) => (draft.kind === 'rule' ? [draft.payload] : []));
  return {
    changed: versions.filter(({ rule }) => rule !== null).map(({ id }) => id),
    deleted: versions.filter(({ rule }) => rule === null).map(({ id }) => id),
  };
}
