import type { Journal, Registry, SeriesStore } from '@seawall/ports';

/** From its first moment a role holds back trimming, also while what it writes to is down. */
export async function registerConsumers({
  journal,
  registry,
  store,
}: {
  readonly journal: Journal;
  readonly registry: Pick<Registry, 'cursor'>;
  readonly store: Pick<SeriesStore, 'cursor'>;
}): Promise<void> {
  const cursors = {
    writer: await store.cursor(),
    registrar: registry.cursor(),
    engine: journal.start(),
    notifier: journal.start(),
  };
  for (const [name, cursor] of Object.entries(cursors)) {
    if (journal.position(name) === undefined) await journal.commit(name, cursor);
  }
}
