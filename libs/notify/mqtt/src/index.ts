export * from './alert-topic.ts';
export * from './heartbeat.ts';
export * from './mqtt-channel.ts';
