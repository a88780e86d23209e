import { channelContract } from '../contract/channel-contract.ts';
import { createMemoryChannel } from './memory-channel.ts';

channelContract('The memory channel', () => {
  const channel = createMemoryChannel();
  return {
    channel,
    arrived: () => channel.delivered.map(({ alert }) => ({ id: alert.id, state: alert.state })),
    failWith: (error) => channel.failWith(error),
  };
});
