import type { IStore } from 'mqtt';
import { Readable } from 'node:stream';

type Packet = Parameters<IStore['put']>[0];
type PacketStream = ReturnType<IStore['createStream']>;
type Done = Parameters<IStore['put']>[1];
type Answer = Parameters<IStore['get']>[1];

/** For a client of the `mqtt` package that shall send nothing again by itself: it keeps no packet. */
export class NoStore implements IStore {
  put(_packet: Packet, done: Done): this {
    done();
    return this;
  }

  createStream(): PacketStream {
    // The package's own type of stream is an older copy of Node's.
    return Readable.from([]) as unknown as PacketStream;
  }

  del(_packet: Pick<Packet, 'messageId'>, answer: Answer): this {
    answer();
    return this;
  }

  get(_packet: Pick<Packet, 'messageId'>, answer: Answer): this {
    answer(new Error('Nothing is kept here.'));
    return this;
  }

  close(done: Done): void {
    done();
  }
}
