/**
 * Appends without end, five lanes at once, and says on standard output what was acknowledged; for tests that kill it or
 * make its disk fail. Arguments: the journal's directory, a name for this run.
 * A lane that is refused says so and tries the same again until it is taken.
 * Lines: `ack <name> <seq>`, `rej <name> <why>`, at the end `read <count> entries`.
 */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import { cursorAfter } from '@seawall/ports';

const [path, run] = process.argv.slice(2);
const journal = await openLmdbJournal({ path, ringBytes: 0 });
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

const say = (line) => writeSync(1, `${line}\n`);
const entry = (name, extra) => ({
  kind: 'device',
  origin: 'live',
  payload: { device: name, description: { name: 'x'.repeat(3000) }, receivedAt: 1 },
  ...extra,
});

async function lane(lane, write) {
  for (let i = 0; !stop.signal.aborted; i++) {
    const name = `${run}-${lane}-${i}`;
    const [result] = await acknowledged(name, () => write(name, i));
    if (result) say(`ack ${name} ${result.seq}${result.duplicate ? ' duplicate' : ''}`);
  }
}

async function acknowledged(name, write) {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error.name !== 'JournalUnavailableError') throw error;
      say(`rej ${name} ${journal.status().writable ? 'writable' : 'not writable'}: ${error.message}`);
      if (stop.signal.aborted) return [];
      await setTimeout(5);
    }
  }
}

async function readAll() {
  const from = journal.start();
  let count = 0;
  let seq = Number(from);
  for await (const { entries } of journal.read(from, { signal: stop.signal })) {
    for (const one of entries) if (one.seq !== ++seq) throw new Error(`Entry ${one.seq} came where ${seq} was due.`);
    count += entries.length;
  }
  say(`read ${count} entries`);
}

const committed = (i) => Buffer.from(`${run}:${i}`);
await Promise.all([
  readAll(),
  lane('plain', (name) => journal.append([entry(name)])),
  lane('keyed', (name) => journal.append([entry(name, { key: { id: name, fingerprint: 'f' } })])),
  lane('recycled', async (name) => {
    const results = await journal.append([entry(name, { key: { id: `${run}-packet`, fingerprint: name } })]);
    journal.forgetKey(`${run}-packet`);
    return results;
  }),
  lane('produced', (name, i) => journal.append([entry(name, { producer: { id: run, seq: i } })])),
  lane('committed', (name, i) =>
    journal.commit('consumer', cursorAfter({ partition: 0, seq: journal.status().firstSeq - 1 }), {
      outputs: [entry(name)],
      state: committed(i),
    }),
  ),
]);
await journal.close();
