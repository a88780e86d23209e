import { expect, it } from '@jest/globals';
import { opening } from './data-unusable-error.ts';

const failing = (message: string) =>
  opening('session store', '/data/sessions', () => Promise.reject(new Error(message))).catch(
    (error: Error) => error.message,
  );

it('advises nobody to move sessions away for which there is only no room', async () => {
  const noRoom = 'The MQTT sessions in /data/sessions are of an older format. Make room and start again.';
  expect(await failing(noRoom)).toBe(noRoom);
  expect(await failing('MDB_CORRUPTED')).toBe(
    "The session store /data/sessions can't be opened: MDB_CORRUPTED. " +
      'Move the folder away and start again: retained messages and queues of absent clients are lost.',
  );
});
