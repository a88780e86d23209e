import type { Journal, Registry } from '@seawall/ports';

/**
 * From its first moment a role holds back trimming, also while what it writes to is down; so the store is not asked where
 * it stands. The writer tells its place with the first tick it has written.
 */
export async function registerConsumers({
  journal,
  registry,
}: {
  readonly journal: Journal;
  readonly registry: Pick<Registry, 'cursor'>;
}): Promise<void> {
  const cursors = {
    writer: journal.start(),
    registrar: registry.cursor(),
    engine: journal.start(),
    notifier: journal.start(),
  };
  for (const [name, cursor] of Object.entries(cursors)) {
    if (journal.position(name) === undefined) await journal.commit(name, cursor);
  }
}
