import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { ownCopy } from '@seawall/codecs';
import type { SessionStore } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import type { GatewayAcceptance, MqttMessage } from './acceptance.ts';
import { DROPPED_TOPIC, type BrokerEmitter } from './broker-internals.ts';
import { brokerSessions } from './broker-sessions.ts';
import { emitInOrder } from './emit-in-order.ts';
import type { GatewayLog } from './gateway-log.ts';
import { clientIdFault, passwordFault } from './mqtt-credentials.ts';
import { RefusalLog } from './refusal-log.ts';
import { rememberMatches } from './remembered-matches.ts';
import { SubscriptionBound } from './subscription-bound.ts';
import { tellBeforeQueued } from './tell-before-queued.ts';

export interface BrokerOptions {
  readonly acceptance: GatewayAcceptance;
  readonly sessions: SessionStore | undefined;
  readonly token: string | undefined;
  readonly maxSubscriptionsPerClient: number;
  /** True once the gateway closes: nothing more is taken in. */
  readonly closing: () => boolean;
  readonly log: GatewayLog;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** What is longer is no device's id, of which 128 characters are enough to tell. */
const LONGEST_USER_NAME = 512;

/** aedes with the gateway's acceptance in front of every publish. It answers a publish only after its callback. */
export async function createBroker(options: BrokerOptions): Promise<Aedes> {
  const { acceptance, token, maxSubscriptionsPerClient, closing, log } = options;
  const refusals = new RefusalLog(log);
  const refusedIds = new WeakMap<Client, number>();
  const userNames = new WeakMap<Client, string>();
  const bound = new SubscriptionBound(maxSubscriptionsPerClient);
  const sessions = brokerSessions(options.sessions ?? createMemorySessionStore(), acceptance);
  const broker = new Aedes({
    persistence: sessions,
    connectTimeout: CONNECT_TIMEOUT_MS,
    preConnect(client, packet, callback) {
      const fault = clientIdFault({ clientId: packet.clientId, clean: packet.clean ?? false });
      if (fault !== undefined) refusedIds.set(client, fault);
      callback(null, true);
    },
    authenticate(client, userName, password, done) {
      const fault = refusedIds.get(client) ?? passwordFault(token, password);
      if (fault === undefined) {
        if (userName) userNames.set(client, ownCopy(userName.slice(0, LONGEST_USER_NAME)));
        noteConnection(sessions, client);
        return done(null, true);
      }
      refusals.tell(client.id, fault);
      const refusal = new Error('refused') as AuthenticateError;
      refusal.returnCode = fault;
      done(refusal, false);
    },
    authorizePublish(client, packet, callback) {
      // Unanswered: a sender sends it again when the hub is back, and a will is not fired, for it is the hub that leaves.
      if (closing()) return;
      // [MQTT-1.5.3-2]
      if (packet.topic.includes('\u0000')) return callback(new Error('The topic holds U+0000.'));
      // The broker itself notes it only after it has retained the message.
      if (client !== null) Object.assign(packet, { clientId: client.id });
      const verdict = acceptance.accept(messageOf(client, packet, userNames), callback);
      if (verdict === 'forward') return;
      packet.topic = DROPPED_TOPIC;
      packet.retain = false;
    },
    authorizeSubscribe(client, subscription, callback) {
      if (subscription.topic.startsWith('$SYS/seawall')) return callback(null, null);
      if (bound.admits(client, subscription.topic)) return callback(null, subscription);
      callback(new Error(`Client "${client.id}" may have ${maxSubscriptionsPerClient} subscriptions at most.`));
    },
    authorizeForward: (_client, packet) => (packet.topic === DROPPED_TOPIC ? null : packet),
  });
  // Without a listener the process would end.
  broker.on(
    'error' as 'closed',
    ((error: Error) => log.error('the broker failed at a step', { err: error })) as () => void,
  );
  broker.on('unsubscribe', (topics, client) => bound.release(client, topics));
  broker.on('clientError', ({ id }: Client, error: Error & { readonly code?: string }) => {
    // What the network ends has a code; the other is of messages that were on their way to who has left. And when the hub
    // itself leaves, that is no news of a client.
    if (closing() || error.code !== undefined || error.message === 'connection closed') return;
    log.warn('a client was cut off', { clientId: id, because: error.message });
  });
  await broker.listen();
  emitInOrder(broker);
  tellBeforeQueued(broker, sessions);
  rememberMatches((broker as unknown as BrokerEmitter).mq._matcher);
  return broker;
}

/** Before its session is looked at, so that this does not end meanwhile. */
function noteConnection(store: SessionStore, client: Client): void {
  // Of one that has left already no end would be heard.
  if (client.conn.destroyed) return;
  store.clientCame(client);
  client.conn.once('close', () => store.clientLeft(client));
}

type Publishing = Parameters<Aedes['authorizePublish']>[1];

function messageOf(
  client: Client | null,
  { topic, payload, retain, qos, messageId, dup }: Publishing,
  userNames: WeakMap<Client, string>,
): MqttMessage {
  const userName = client === null ? undefined : userNames.get(client);
  return {
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    retain,
    clientId: client === null ? null : client.id,
    ...(userName === undefined ? {} : { userName }),
    // A will has no packet id.
    ...(qos === 2 && messageId !== undefined ? { exactlyOnce: { packetId: messageId, dup } } : {}),
  };
}
