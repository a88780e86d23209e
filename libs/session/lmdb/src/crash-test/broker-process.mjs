/**
 * A broker on the session store in the folder given, until it is killed. Says `{"port"}` on standard output, then
 * `{"stored"}` with the topic and payload of every client's message when the broker has done all it does with it, and
 * `{"acknowledged"}` of one that it has taken out of a client's queue.
 */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { openLmdbSessionStore } from '../index.ts';

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const persistence = await openLmdbSessionStore({ path: process.argv[2] });
const broker = await Aedes.createBroker({ persistence });
broker.on('publish', (packet, client) => {
  if (client) say({ stored: `${packet.topic} ${packet.payload}` });
});
broker.on('ack', (packet) => say({ acknowledged: `${packet?.topic} ${packet?.payload}` }));
const server = createServer(broker.handle);
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
