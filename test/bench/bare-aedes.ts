import { Aedes } from 'aedes';
import { createServer, type AddressInfo } from 'node:net';

/** What the hub is compared with: aedes alone, nothing stored, its publish handler empty. Prints its address, then runs until killed. */
const broker = await Aedes.createBroker();
broker.authorizePublish = (_client, _packet, done) => done(null);
const server = createServer((socket) => {
  socket.setNoDelay(true);
  broker.handle(socket);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit(0));
