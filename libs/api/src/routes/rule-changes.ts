import { cursorAfter } from '@seawall/ports';
import type { Rule, RuleVersion } from '@seawall/model';
import type { ApiContext } from '../context.ts';
import { waitApplied } from '../http/applied.ts';
import { Problem } from '../http/problem.ts';

export interface RuleChange {
  readonly version: RuleVersion;
  /** False: it is in the journal, but the engine has not come to it yet. */
  readonly applied: boolean;
}

/**
 * Appends new versions of rules, one change at a time, so that versions have neither gaps nor doubles. A version that
 * the registrar has not come to yet is remembered here.
 */
export class RuleChanges {
  readonly #api: ApiContext;
  readonly #ahead = new Map<string, RuleVersion>();

  constructor(api: ApiContext) {
    this.#api = api;
  }

  /** The newest version; undefined if there was never one. A deleted rule's `rule` is null. */
  async current(id: string): Promise<RuleVersion | undefined> {
    const known = await this.#api.registry.rule(id);
    const ahead = this.#ahead.get(id);
    if (ahead === undefined || (known !== undefined && known.version >= ahead.version)) {
      this.#ahead.delete(id);
      return known;
    }
    return ahead;
  }

  /**
   * @param rule null deletes
   * @param admit throws a Problem if the change does not fit the version there is
   */
  async change(
    id: string,
    rule: Rule | null,
    admit: (current: RuleVersion | undefined) => void | Promise<void>,
  ): Promise<RuleChange> {
    return this.#api.ruleTurns.take(async () => {
      const current = await this.current(id);
      refuseOthers(current);
      await admit(current);
      return this.#append({ id, version: (current?.version ?? 0) + 1, rule, source: 'api' });
    });
  }

  async #append(version: RuleVersion): Promise<RuleChange> {
    const [appended] = await this.#api.journal.append([{ kind: 'rule', origin: 'live', payload: version }]);
    this.#ahead.set(version.id, version);
    const applied = await waitApplied(this.#api, cursorAfter({ partition: 0, seq: appended!.seq }));
    if (applied) this.#ahead.delete(version.id);
    return { version, applied };
  }
}

/** A rule that a file keeps would come back as it was at the next start. */
function refuseOthers(current: RuleVersion | undefined): void {
  if (current === undefined || current.rule === null || current.source === 'api') return;
  const file = current.source.replace(/^file:/, '');
  throw new Problem('conflict', `The rule "${current.id}" is kept in the file ${file}; change it there.`);
}
