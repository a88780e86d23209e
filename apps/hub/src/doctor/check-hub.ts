import type { HubAnswer } from './ask-hub.ts';
import { checkJournal } from './check-journal.ts';
import { attention, ok, type Finding } from './finding.ts';

/** Of a hub that was named by its address, and is none that runs on the data directory that is looked at. */
export function checkHub(url: string, { version, facts }: HubAnswer): readonly Finding[] {
  if (facts.kind === 'unreachable') {
    const todo = 'Start it, or name the address it listens on with --url (or SEAWALL_URL).';
    return [attention('hub', `No hub answers at ${url}: ${facts.message}.`, todo)];
  }
  const which = version === undefined ? '' : `, Seawall ${version}`;
  return [ok('hub', `A hub answers at ${url}${which}.`), ...checkJournal(facts)];
}
