import { isCrossSite, isOwnHost } from '@seawall/ports';
import type { Aedes } from 'aedes';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { BrokerClient } from './broker-internals.ts';
import { guardConnection, resumeConnection, type Gate } from './connection-guard.ts';
import type { Counters } from './counters.ts';
import type { FrameFault, OversizedPacket } from './frame-guard.ts';
import type { GatewayLimits } from './limits.ts';
import { listen } from './listen.ts';

export interface MqttDoorOptions {
  readonly broker: Aedes;
  readonly bind: string;
  readonly mqttPort: number;
  readonly mqttWsPort: number;
  /** Whether clients are asked for a token; without it, browsers are kept to pages of the hub's own origin. */
  readonly asksToken: boolean;
  readonly limits: GatewayLimits;
  readonly counters: Counters;
  /** Told of clients that were let in only. */
  readonly onOversized: (packet: OversizedPacket, clientId: string) => void;
  readonly onSlow: (clientId: string | null) => void;
}

/** A CONNECT holds an id, a user name, a password and a will, which is a short message as a rule. */
const MAX_CONNECT_BYTES = 64 * 1024;
const SUBPROTOCOLS: ReadonlySet<string> = new Set(['mqtt', 'mqttv3.1']);

/** The broker's two doors: MQTT over TCP, and over WebSocket. */
export class MqttDoor {
  mqttPort = 0;
  mqttWsPort = 0;
  readonly #gate: Gate = { paused: false };
  readonly #connections = new Map<Duplex, BrokerClient>();
  readonly #tcp: Server;
  readonly #http = createHttpServer((_request, response) =>
    response.writeHead(426).end('This port speaks MQTT over WebSocket.\n'),
  );
  readonly #ws: WebSocketServer;
  readonly #options: MqttDoorOptions;

  constructor(options: MqttDoorOptions) {
    this.#options = options;
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#ws = new WebSocketServer({
      server: this.#http,
      maxPayload: Math.max(options.limits.maxPacketBytes * 2, 1024 * 1024),
      perMessageDeflate: false,
      verifyClient: ({ req }, answer) => this.#admit(req, answer),
      handleProtocols: (offered) => [...offered].find((name) => SUBPROTOCOLS.has(name)) ?? false,
    });
    this.#ws.on('connection', (socket, request) => this.#take(createWebSocketStream(socket), request));
    // Errors of listening come by the HTTP server as well, where they are handled.
    this.#ws.on('error', () => undefined);
  }

  /** @throws ListenError */
  async open(): Promise<void> {
    const { bind, mqttPort, mqttWsPort } = this.#options;
    this.mqttPort = await listen(this.#tcp, 'mqttPort', bind, mqttPort);
    try {
      this.mqttWsPort = await listen(this.#http, 'mqttWsPort', bind, mqttWsPort);
    } catch (error) {
      this.#tcp.close();
      throw error;
    }
  }

  get connections(): number {
    return this.#connections.size;
  }

  get paused(): boolean {
    return this.#gate.paused;
  }

  /** Reads no socket until `resume`. */
  pause(): void {
    this.#gate.paused = true;
  }

  resume(): void {
    if (!this.#gate.paused) return;
    this.#gate.paused = false;
    for (const connection of this.#connections.keys()) resumeConnection(connection);
  }

  /** Keeps clients that can't be heard just now from being cut for their silence. */
  refreshKeepalives(): void {
    for (const client of this.#connections.values()) client._keepaliveTimer?.refresh();
  }

  stopListening(): void {
    this.#tcp.close();
    this.#http.close();
    this.#http.closeAllConnections();
    this.#ws.close();
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#options.broker.close(resolve));
    for (const connection of this.#connections.keys()) connection.destroy();
    await closed;
  }

  /** As the HTTP door does: a browser opens a WebSocket for any page, and tells only by its headers for which. */
  #admit({ headers }: IncomingMessage, answer: (ok: boolean, status?: number, why?: string) => void): void {
    const { asksToken, bind, counters } = this.#options;
    if (asksToken || (isOwnHost(headers.host, bind) && !isCrossSite(headers))) return answer(true);
    counters.refusedConnections++;
    answer(false, 403, 'A hub without a token takes no WebSocket of another name or of a page of another origin.\n');
  }

  #take(connection: Duplex, request?: IncomingMessage): void {
    const { broker, limits, counters, onSlow } = this.#options;
    // Before the broker listens itself.
    connection.on('error', () => undefined);
    if (this.#connections.size >= limits.maxConnections) {
      counters.refusedConnections++;
      connection.destroy();
      return;
    }
    let client: BrokerClient | undefined = undefined;
    guardConnection(connection, {
      gate: this.#gate,
      maxPacketBytes: limits.maxPacketBytes,
      maxConnectBytes: MAX_CONNECT_BYTES,
      maxSubscriberBytes: limits.maxSubscriberBytes,
      onFault: (fault) => this.#cutOff(client, fault),
      onSlow: () => onSlow(client?.id ?? null),
    });
    client = broker.handle(connection, request) as BrokerClient;
    this.#connections.set(connection, client);
    connection.once('close', () => this.#connections.delete(connection));
  }

  /** Of a stranger nothing is written: its packet says what it likes, in any device's name. */
  #cutOff(client: BrokerClient | undefined, fault: FrameFault): void {
    const { counters, onOversized } = this.#options;
    if (!client?._authorized) counters.refusedConnections++;
    else if (fault.fault === 'too-large') onOversized(fault, client.id);
  }
}
